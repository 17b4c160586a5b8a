"""Paragraphs of fields as people write them by hand, read as leniently as they are unambiguous.

Syntax: deb822(5). `control.paragraphs` is for those that programs write, and refuses more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Paragraph = Mapping[str, str]

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63})[ \t]*:[ \t]*(.*)", re.ASCII)
# Either begins another paragraph where one has it already: the empty line between them is missing.
_OPENING = frozenset({"files", "license"})


def read_leniently(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs, keys in lower case; none when the text is no such file.

    A continued field keeps its lines, each without one leading space. An indented line after an
    empty one, and one that has lost its indentation, go on with the field before them.
    """
    reader = _Reader()
    for line in text.split("\n"):
        if not reader.take(line):
            return ()
    return reader.done()


class _Reader:
    """Collects the lines of each field."""

    def __init__(self) -> None:
        self._paragraphs: list[dict[str, list[str]]] = []
        self._field: list[str] | None = None
        self._is_open = False

    def done(self) -> tuple[Paragraph, ...]:
        return tuple(
            {key: "\n".join(lines).rstrip() for key, lines in each.items()}
            for each in self._paragraphs
        )

    def take(self, line: str) -> bool:
        """Take the next line in; False for one that can't belong to such a file."""
        if line.startswith("#"):
            return True
        if not line.strip():
            self._is_open = False
            return True
        if line.startswith((" ", "\t")):
            return self._goes_on(line[1:])
        if (found := _FIELD.fullmatch(line)) is not None:
            self._begin(found[1].lower(), found[2].rstrip())
            return True
        return self._is_open and self._goes_on(line)

    def _goes_on(self, line: str) -> bool:
        if self._field is None:
            return False
        if not self._is_open:
            self._field.append("")
            self._is_open = True
        self._field.append(line)
        return True

    def _begin(self, key: str, value: str) -> None:
        here = self._paragraphs[-1] if self._paragraphs and self._is_open else None
        if here is None or (key in here and key in _OPENING):
            self._paragraphs.append(here := {})
        self._is_open = True
        self._field = here.setdefault(key, [])
        self._field.append(value)
