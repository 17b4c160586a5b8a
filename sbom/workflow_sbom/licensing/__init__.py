"""Licences as SPDX expressions, where that is certain."""
