"""What explains every entry of an artifact: its owner, or a rule that makes it again."""
