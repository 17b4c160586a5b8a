"""The order of Debian versions (deb-version(7)): `[epoch:]upstream[-revision]`, `~` before all."""

from __future__ import annotations

import re

_RUN = re.compile(r"([^0-9]*)([0-9]*)")
Number = tuple[int, str]
Part = tuple[tuple[tuple[int, ...], Number], ...]


def order(version: str) -> tuple[Number, Part, Part]:
    """A key by which versions sort as dpkg sorts them."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return _number(epoch if epoch.isdecimal() else ""), _part(upstream), _part(revision)


def _part(text: str) -> Part:
    """Letters and numbers in turn; an end sorts after `~` alone, and as a 0 does."""
    runs = [(other, digits) for other, digits in _RUN.findall(text) if other or digits]
    parts = [((*map(_weight, other), 0), _number(digits)) for other, digits in runs]
    return (*(parts if parts != [_END] else ()), _END, _END)


def _number(digits: str) -> Number:
    """Numbers by their value, however many digits somebody writes."""
    digits = digits.lstrip("0")
    return len(digits), digits


_END = ((0,), _number(""))


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
