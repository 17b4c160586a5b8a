"""The process and those it started: ended in order when told to stop."""
