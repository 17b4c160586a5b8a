"""Sizes for people."""

from __future__ import annotations


def in_units(size: int) -> str:
    """Bytes in the unit that fits, decimal as storage is sold: `12.3 MB`."""
    for unit, scale in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} B"
