"""OCI images for Python without a daemon, root or an emulator."""

__version__ = "0.0.0"
