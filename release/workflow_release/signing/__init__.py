"""Who signs: one interface, and a file for each kind of signer."""
