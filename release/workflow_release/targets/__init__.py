"""Where a release goes: one interface, one module a kind of target."""
