"""Statements that a vulnerability does, or does not, matter in a component (VEX)."""
