"""Command line for workflow configurations: validate, run, inspect."""

__version__ = "0.0.0"
