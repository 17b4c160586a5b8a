"""Which components (or services) of several documents are one, and what they are together.

Two are the same by their package URL, else by group, name and version; where a document has
several of these, or something contradicts, only those with the same `bom-ref` are, and at last
only equal ones. Two of one document are never joined: that document says they are two.

Joining takes every statement of each. Lists that are sets (licences, hashes, references …) are
united; anything else must be equal where several state it, or nothing is joined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_sbom import canonical

Object = Mapping[str, Any]

SETS = frozenset(
    {
        "licenses",
        "hashes",
        "externalReferences",
        "properties",
        "tags",
        "authors",
        "omniborId",
        "swhid",
        "endpoints",
    }
)
_EVIDENCE_SETS = frozenset({"occurrences", "licenses", "copyright", "identity"})
# What the specification says that silence means: another description must not be spoken for.
_SILENT = {"scope": "required", "isExternal": False, "modified": False}
_CONTRADICTION = object()


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One object of one document; `source` is the document's number."""

    source: int
    json: Object


def classes(pieces: Iterable[Piece], apart: frozenset[Piece]) -> list[tuple[Piece, ...]]:
    """The pieces, those together that are one thing; the pieces `apart` stay alone."""
    alone = [(piece,) for piece in pieces if piece in apart]
    rest = [piece for piece in pieces if piece not in apart]
    return [*alone, *_split(rest, (_identity, _reference, _text))]


def _split(
    pieces: Sequence[Piece], keys: tuple[Callable[[Object], Hashable], ...]
) -> list[tuple[Piece, ...]]:
    """Classes by the first key, those that can't be one by the next."""
    key, *finer = keys
    groups: dict[Hashable, list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[key(piece.json)].append(piece)
    found: list[tuple[Piece, ...]] = []
    for value, group in groups.items():
        if value is not None and _is_one(group):
            found.append(tuple(group))
        elif finer:
            found.extend(_split(group, tuple(finer)))
        else:
            found.extend((piece,) for piece in group)
    return found


def _is_one(group: Sequence[Piece]) -> bool:
    if len(group) == 1:
        return True
    from_each_once = len({piece.source for piece in group}) == len(group)
    return from_each_once and joined([piece.json for piece in group]) is not None


def _identity(item: Object) -> Hashable:
    if purl := item.get("purl"):
        return ("purl", purl)
    if version := item.get("version"):
        return ("name", item.get("group"), item["name"], version)
    return None


def _reference(item: Object) -> Hashable:
    return item.get("bom-ref")


def _text(item: Object) -> Hashable:
    return canonical.encode(item)


def joined(items: Sequence[Object]) -> Object | None:
    """What several descriptions of one thing say together; None when they contradict.

    Equal ones are handed back as they are. What is signed can't be added to, so is joined with
    equal ones only. The reference is the first in order of those given.
    """
    different = list({canonical.encode(item): item for item in items}.values())
    if len(different) == 1:
        return different[0]
    if any("signature" in item for item in different):
        return None
    together: dict[str, Any] = {}
    for name in dict.fromkeys(name for item in different for name in item):
        values = [item[name] for item in different if name in item]
        value = _member(name, values)
        silent = len(values) < len(different) and _SILENT.get(name, value) != value
        if value is _CONTRADICTION or silent:
            return None
        together[name] = value
    return together


def _member(name: str, values: Sequence[Any]) -> Any:
    match name:
        case "bom-ref":
            return min(values)
        case "hashes":
            return _hashes(values)
        case "evidence":
            return _evidence(values)
        case _ if name in SETS:
            return united(values)
        case _:
            return _same(values)


def _same(values: Sequence[Any]) -> Any:
    return values[0] if len({canonical.encode(value) for value in values}) == 1 else _CONTRADICTION


def _hashes(lists: Sequence[Sequence[Object]]) -> Any:
    """Things with different digests by one algorithm are different things."""
    stated: dict[str, set[frozenset[str]]] = defaultdict(set)
    for hashes in lists:
        for algorithm in {each["alg"] for each in hashes}:
            contents = (each["content"] for each in hashes if each["alg"] == algorithm)
            stated[algorithm].add(frozenset(map(str.lower, contents)))
    return united(lists) if all(len(each) == 1 for each in stated.values()) else _CONTRADICTION


def _evidence(values: Sequence[Object]) -> Any:
    """Places, licences and copyrights found add up, and so do reasons for an identity; that is
    one object until 1.5, and can be several since 1.6."""
    together: dict[str, Any] = {}
    for name in dict.fromkeys(name for value in values for name in value):
        stated = [value[name] for value in values if name in value]
        if name not in _EVIDENCE_SETS or not all(isinstance(each, list) for each in stated):
            together[name] = _same(stated)
        else:
            together[name] = united(stated)
        if together[name] is _CONTRADICTION:
            return _CONTRADICTION
    return together


def united(lists: Iterable[Sequence[Any]]) -> list[Any]:
    """One list with the items of all, each once: in their order where that is one, else sorted."""
    different = list({canonical.encode(each): each for each in lists}.values())
    items = {canonical.encode(item): item for each in different for item in each}
    return list(items.values()) if len(different) == 1 else [items[text] for text in sorted(items)]
