"""Archives as they stand: what is in them, read once and safely."""
