"""Make, record, sign, publish and verify releases."""

__version__ = "0.0.0"
