"""This machine: what the process was given, and the programs it runs."""
