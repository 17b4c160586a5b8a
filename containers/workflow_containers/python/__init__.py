"""Distributions and the image's own Python: wheels, their lock, compiled files."""
