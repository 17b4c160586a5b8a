"""OCI's documents and layouts: writing them, and reading them from outside."""
