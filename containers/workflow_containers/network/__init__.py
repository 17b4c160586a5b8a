"""The network: one way to ask, one module that opens addresses."""
