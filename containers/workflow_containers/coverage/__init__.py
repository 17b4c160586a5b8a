"""What explains every entry of an image's root: whose it is, or the rule that makes it again."""
