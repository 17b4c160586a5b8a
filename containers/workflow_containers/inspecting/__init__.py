"""What is in an image, read from its own bytes."""
