"""How each kind of artifact is built: one interface, one module a kind."""
