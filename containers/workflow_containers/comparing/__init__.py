"""What differs between two images, in words a person can use."""
