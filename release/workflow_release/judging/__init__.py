"""Evidence from what was built, the gates that look at it, and the judge."""
