"""References that hold in all of several documents, from those that hold in one each.

A thing keeps its reference, and of several the first in order, unless another thing claims it
too; then each gets one that ends in a digest of what it is, whatever the order of the documents.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.documents.joining import Piece

_DIGITS = 16

Node = tuple[int, str]  # a document's number, and a reference in it
Anchor = tuple[str, str]  # digests: of the unit something stands in, and of what it is in there


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """What is merged as a whole: components that are one, or an item of another list.

    `content` is what makes two units the same; the `pieces` bear the references.
    """

    content: str
    pieces: tuple[Piece, ...]

    @classmethod
    def of_class(cls, pieces: tuple[Piece, ...], *more: str) -> Unit:
        """Components that are one thing: what all of them say, and what else tells them apart."""
        return cls(_digest([*sorted(_text(each.json) for each in pieces), *more]), pieces)

    @classmethod
    def of_item(cls, member: str, piece: Piece, said: Any) -> Unit:
        """An item of a list: what it says, as far as that tells it from others."""
        return cls(_digest([member, _text(said)]), (piece,))


def names(units: Sequence[Unit]) -> Mapping[int, Mapping[str, str]]:
    """By a document's number: the new name of each of its references that gets another."""
    anchors = _anchors(units)
    things = [*_things(anchors)]
    claims: dict[str, int] = defaultdict(int)
    for thing in things:
        claims[_first(thing)] += 1
    changed: dict[int, dict[str, str]] = defaultdict(dict)
    for thing in things:
        name = _first(thing)
        if claims[name] > 1:
            name = f"{name}~{_what(thing, anchors)}"
        for source, ref in thing:
            if ref != name:
                changed[source][ref] = name
    return changed


def _first(thing: Iterable[Node]) -> str:
    return min(ref for _, ref in thing)


def _what(thing: Iterable[Node], anchors: Mapping[Node, set[Anchor]]) -> str:
    found = {"/".join(anchor) for node in thing for anchor in anchors[node]}
    return _digest(sorted(found))[:_DIGITS]


def _anchors(units: Sequence[Unit]) -> Mapping[Node, set[Anchor]]:
    """Where in what each reference is borne: once in a sound document."""
    anchors: dict[Node, set[Anchor]] = defaultdict(set)
    for unit in units:
        for piece in unit.pieces:
            for ref, inner in _borne(piece.json):
                anchors[piece.source, ref].add((unit.content, inner))
    return anchors


def _borne(item: Any) -> Iterator[tuple[str, str]]:
    """The references within an item, each with the digest of what bears it; that of the item
    itself is empty, for the unit says what that is."""
    found: list[tuple[Any, str]] = []
    _digested(item, found)
    yield from ((each["bom-ref"], "" if each is item else digest) for each, digest in found)


def _digested(value: Any, found: list[tuple[Any, str]]) -> Any:
    """A digest that stands for a value, each part of it digested once."""
    if isinstance(value, dict):
        digest = _digest({key: _digested(item, found) for key, item in value.items()})
        if isinstance(value.get("bom-ref"), str):
            found.append((value, digest))
        return digest
    if isinstance(value, list):
        return _digest([_digested(item, found) for item in value])
    return [value]


def _things(anchors: Mapping[Node, set[Anchor]]) -> Iterator[list[Node]]:
    """The references of all documents, those together that share what they stand for."""
    bearers: dict[Anchor, list[Node]] = defaultdict(list)
    for node, found in anchors.items():
        for anchor in found:
            bearers[anchor].append(node)
    seen: set[Node] = set()
    for node in anchors:
        if node not in seen:
            yield _reached(node, anchors, bearers, seen)


def _reached(
    start: Node,
    anchors: Mapping[Node, set[Anchor]],
    bearers: dict[Anchor, list[Node]],
    seen: set[Node],
) -> list[Node]:
    thing, waiting = [], [start]
    seen.add(start)
    while waiting:
        node = waiting.pop()
        thing.append(node)
        for anchor in anchors[node]:
            fresh = [each for each in bearers.pop(anchor, ()) if each not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
    return thing


def _text(value: Any) -> str:
    return canonical.encode(value).decode()


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical.encode(value)).hexdigest()
