"""Python distributions: what they are, what they need, and what is bundled in them."""
