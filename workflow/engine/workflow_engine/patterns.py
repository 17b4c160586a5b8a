"""Paths of routes: `/orders/{id}`, `/files/{rest...}`. The most specific pattern wins.

A pattern's segments are literal, `{name}` (one segment, not empty) or, last, `{name...}` (all that
is left, possibly nothing). As in Go's ServeMux, a literal segment beats a name and a name beats
the rest; two patterns that match the same paths are the same `shape`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LITERAL: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+", re.ASCII)
_NAME: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}", re.ASCII)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its text, or the name of what stands there."""

    text: str
    kind: str = "literal"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path with names in it."""

    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, value: object) -> Pattern:
        """From a text; raises `ValueError` saying what is wrong with it."""
        if not isinstance(value, str) or not value.startswith("/") or len(value) > 500:
            raise ValueError(f"{str(value)[:80]!r} is no path: it must start with /")
        segments = tuple(_segment(text) for text in value[1:].split("/"))
        names = [segment.text for segment in segments if segment.kind != "literal"]
        if len(set(names)) < len(names):
            raise ValueError(f"{value[:80]!r} uses a name twice")
        if any(segment.kind == "rest" for segment in segments[:-1]):
            raise ValueError(f"in {value[:80]!r} only the last segment can be {{name...}}")
        if any(segment == Segment("") for segment in segments[:-1]):
            raise ValueError(f"{value[:80]!r} has an empty segment")
        return cls(segments)

    def __str__(self) -> str:
        forms = {"literal": "{}", "one": "{{{}}}", "rest": "{{{}...}}"}
        return "/" + "/".join(forms[part.kind].format(part.text) for part in self.segments)

    def match(self, path: str) -> dict[str, str] | None:
        """What the names stand for in `path` (already percent-decoded); None when it differs."""
        if not path.startswith("/"):
            return None
        given = path[1:].split("/")
        found: dict[str, str] = {}
        for at, segment in enumerate(self.segments):
            if segment.kind == "rest":
                found[segment.text] = "/".join(given[at:])
                return found if at < len(given) else None
            if at >= len(given) or not _fits(segment, given[at], found):
                return None
        return found if len(given) == len(self.segments) else None

    @property
    def shape(self) -> tuple[tuple[int, str], ...]:
        """Equal for patterns that match the same paths; sorts the more specific first."""
        ranks = {"literal": 0, "one": 1, "rest": 2}
        return tuple(
            (ranks[part.kind], part.text if part.kind == "literal" else "")
            for part in self.segments
        )


def _fits(segment: Segment, text: str, found: dict[str, str]) -> bool:
    if segment.kind == "literal":
        return segment.text == text
    found[segment.text] = text
    return bool(text)


def _segment(text: str) -> Segment:
    if named := _NAME.fullmatch(text):
        return Segment(named[1], "rest" if named[2] else "one")
    if text and (not _LITERAL.fullmatch(text) or text in {".", ".."}):
        raise ValueError(f"{text[:80]!r} can't be a segment of a path")
    return Segment(text)


class Method(str):
    """An HTTP method a route can have, upper case."""

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Method:
        """From a text in any case; raises `ValueError`."""
        method = str(value).upper()
        if method not in _METHODS:
            raise ValueError(f"{str(value)[:20]!r} is no method: {', '.join(sorted(_METHODS))}")
        return cls(method)
