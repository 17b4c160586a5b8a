"""The order of Debian versions (deb-version(7)): `[epoch:]upstream[-revision]`, `~` before all."""

from __future__ import annotations

import re

_RUN = re.compile(r"([^0-9]*)([0-9]*)")
_END = ((0,), 0)
Part = tuple[tuple[tuple[int, ...], int], ...]


def order(version: str) -> tuple[int, Part, Part]:
    """A key by which versions sort as dpkg sorts them."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch) if epoch.isdecimal() else 0, _part(upstream), _part(revision)


def _part(text: str) -> Part:
    """Letters and numbers in turn; an end sorts after `~` alone, and as a 0 does."""
    runs = [(other, digits) for other, digits in _RUN.findall(text) if other or digits]
    parts = [((*map(_weight, other), 0), int(digits or "0")) for other, digits in runs]
    return (*(parts if parts != [_END] else ()), _END, _END)


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
