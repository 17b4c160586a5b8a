"""Registries (OCI distribution specification 1.1): blobs, manifests, push, pull, referrers."""
