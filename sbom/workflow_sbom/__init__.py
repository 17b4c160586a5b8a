"""What is in a released artifact: components, coverage, CycloneDX, policy."""

__version__ = "0.0.0"
