"""Whether a release folder is what it says, and signed by who is expected."""
