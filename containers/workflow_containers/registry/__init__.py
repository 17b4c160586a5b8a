"""Registries (OCI distribution specification 1.1): credentials, push, pull, referrers."""
