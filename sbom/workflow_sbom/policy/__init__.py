"""What a repository demands of its bills of materials, and whether they meet it."""
