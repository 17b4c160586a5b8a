"""Debian packages, from their control paragraphs and copyright files."""
