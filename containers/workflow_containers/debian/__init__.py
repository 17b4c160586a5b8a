"""Debian packages: locking them, bringing them here, what of each goes into an image."""
