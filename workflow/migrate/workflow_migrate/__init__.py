"""Paired SQL migrations for SQLite and PostgreSQL."""

__version__ = "0.0.0"
