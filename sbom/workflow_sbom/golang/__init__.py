"""Go programs, from the build information in their bytes."""
