"""Several descriptions as one."""
