"""A difference between documents in rows of a table, in a line, and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.documents.diff import Difference, Edge, Present, Rehashed, Stepped

COLUMNS = ("change", "package", "old", "new")
MAX_EDGES = 10
MAX_VALUE = 60
_DIGITS = 12

Row = tuple[str, str, str, str]


def rows(difference: Difference, *, every_edge: bool = False) -> Iterator[Row]:
    """The rows under `COLUMNS`, what is alarming first: other bytes under the same version.

    Of the edges ten are shown of each kind, or else every one. What comes from the documents is
    not made printable here: the console does that.
    """
    yield from map(_rehashed, difference.rehashed)
    for word in ("downgraded", "changed", "upgraded"):
        yield from (_stepped(each) for each in difference.stepped if each.step == word)
    yield from (("added", *_present(each, new=True)) for each in difference.added)
    yield from (("dropped", *_present(each, new=False)) for each in difference.dropped)
    for each in difference.relicensed:
        yield "licence changed", _value(str(each.package)), _list(each.old), _list(each.new)
    yield from _edges("edge added", difference.edges_added, every_edge=every_edge)
    yield from _edges("edge dropped", difference.edges_dropped, every_edge=every_edge)


def summary(difference: Difference) -> str:
    """`components: 34 before, 36 after; 1 upgraded, 2 added, 3 edges added`, or that none is."""
    steps = Counter(each.step for each in difference.stepped)
    counts = [
        (len(difference.rehashed), "with other bytes under the same version"),
        *((steps[word], word) for word in ("downgraded", "changed", "upgraded")),
        (len(difference.added), "added"),
        (len(difference.dropped), "dropped"),
        (len(difference.relicensed), "under another licence"),
        (edges := len(difference.edges_added), f"{_edge(edges)} added"),
        (edges := len(difference.edges_dropped), f"{_edge(edges)} dropped"),
    ]
    said = ", ".join(f"{count} {word}" for count, word in counts if count) or "no difference"
    old, new = difference.old.components, difference.new.components
    return f"components: {old} before, {new} after; {said}"


def _edge(count: int) -> str:
    return "edge" if count == 1 else "edges"


def encoded(difference: Difference) -> canonical.Json:
    """The difference as JSON: a member for each kind, each thing an object of its fields."""
    return {field.name: _json(getattr(difference, field.name)) for field in fields(difference)}


def _json(value: Any) -> canonical.Json:
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    if isinstance(value, (str, int)):
        return value
    return {field.name: _json(getattr(value, field.name)) for field in fields(value)}


def _rehashed(each: Rehashed) -> Row:
    what = f"{each.package} {each.version}".rstrip()
    file = f" {each.file}" if each.file else ""
    old, new = (_list([digest[:_DIGITS] for digest in found]) for found in (each.old, each.new))
    return "BYTES CHANGED", _value(f"{what}{file}"), f"{each.algorithm} {old}", new


def _stepped(each: Stepped) -> Row:
    word = "version changed" if each.step == "changed" else each.step
    return word, _value(str(each.package)), _value(each.old), _value(each.new)


def _present(each: Present, *, new: bool) -> tuple[str, str, str]:
    version = _value(each.version) if each.version else "(no version)"
    return (_value(str(each.package)), *(("", version) if new else (version, "")))


def _edges(change: str, edges: Sequence[Edge], *, every_edge: bool) -> Iterator[Row]:
    for edge in edges if every_edge else edges[:MAX_EDGES]:
        needed = f"→ {_value(edge.needed)}"
        old, new = ("", needed) if change == "edge added" else (needed, "")
        yield change, _value(edge.dependent), old, new
    if not every_edge and len(edges) > MAX_EDGES:
        yield change, f"… {len(edges) - MAX_EDGES} more", "", ""


def _list(values: Sequence[str]) -> str:
    return _value(", ".join(values))


def _value(text: str) -> str:
    return (text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…") or "(none)"
