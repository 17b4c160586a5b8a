"""What an artifact is made of: the values that every description and every format shares."""
