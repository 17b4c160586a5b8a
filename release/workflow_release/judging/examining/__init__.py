"""Reading and running what was built: one module a kind of artifact, bounded, nothing unpacked."""
