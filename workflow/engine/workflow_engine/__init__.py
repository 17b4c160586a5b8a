"""Runs workflows from a YAML configuration: modules, routes and pipelines."""

__version__ = "0.0.0"
