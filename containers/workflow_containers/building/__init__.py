"""From a definition to an image archive."""
