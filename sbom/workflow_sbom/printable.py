"""Texts from outside, made fit for a line on a terminal; imported at every start, so alone."""

from __future__ import annotations


def printable(text: str) -> str:
    """One line that no terminal acts on: control, format and bidirectional characters escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )
