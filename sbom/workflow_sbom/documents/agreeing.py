"""Which parts of several documents are one, and references that hold in all of these.

The two hang together: what a component refers to is part of what it says. So what seems to be one
is looked at again with the new references, and stays apart if it contradicts then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflow_sbom.documents.joining import Object, Piece, classes, joined
from workflow_sbom.documents.naming import Unit, names
from workflow_sbom.documents.positions import digested, pointed
from workflow_sbom.documents.references import renamed

POOLS = ("subject", "components", "services")
_ELSEWHERE = frozenset({"components", "services", "dependencies", "metadata.component"})

Names = Mapping[int, Mapping[str, str]]
Pools = Mapping[str, Sequence[Piece]]


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """The parts of all documents, those that are one joined, and the new names of references.

    `parts` has the components, the services and, where all documents have the same, the subject.
    """

    parts: Mapping[str, Sequence[Object]]
    names: Names


def agree(sources: Sequence[Object], *, with_subject: bool = True) -> Agreed:
    """Join what is one in several documents; their order has no effect on what is.

    Without a subject those of the documents are components, even where they are one.
    """
    pools, items = _pools(sources), [*_units(sources)]
    if not with_subject:
        pools = _without_subject(pools)
    apart: frozenset[Piece] = frozenset()
    while True:
        found = {name: classes(pool, apart) for name, pool in pools.items()}
        if len(found["subject"]) > 1:
            pools = _without_subject(pools)
            continue
        units = [_unit(sources, each, apart) for name in POOLS for each in found[name]]
        changed = names([*units, *items])
        parts = {name: [_joined(each, changed) for each in found[name]] for name in POOLS}
        contradicting = _contradicting(found, parts)
        if not contradicting:
            return Agreed({name: [each for each in parts[name] if each] for name in POOLS}, changed)
        apart |= contradicting


def _pools(sources: Sequence[Object]) -> Pools:
    """What may be joined with its like: subjects with one another if every document has one."""
    subjects = [
        Piece(number, source["metadata"]["component"])
        for number, source in enumerate(sources)
        if "component" in source.get("metadata", {})
    ]
    pools: Pools = {"subject": subjects} | {
        member: [
            Piece(number, each)
            for number, source in enumerate(sources)
            for each in source.get(member, [])
        ]
        for member in ("components", "services")
    }
    return pools if len(subjects) == len(sources) else _without_subject(pools)


def _without_subject(pools: Pools) -> Pools:
    components = [*pools["subject"], *pools["components"]]
    return {**pools, "subject": (), "components": components}


def _unit(sources: Sequence[Object], pieces: tuple[Piece, ...], apart: frozenset[Piece]) -> Unit:
    """What stays apart is told apart by its document, for it may be written the same."""
    if apart.isdisjoint(pieces):
        return Unit.of_class(pieces)
    return Unit.of_class(pieces, *(digested(sources[piece.source]) for piece in pieces))


def _units(sources: Sequence[Object]) -> Iterator[Unit]:
    for number, source in enumerate(sources):
        cited = _Cited(source)
        for path, item in _items("", source):
            yield Unit.of_item(path, Piece(number, item), _telling(path, item, cited))


def _telling(path: str, item: Object, cited: _Cited) -> Object:
    """What tells an item from others: not whom a vulnerability affects, for that adds up, and of
    a citation not the position, but what is there."""
    if path == "vulnerabilities":
        return {name: item[name] for name in item if name != "affects"}
    if path == "citations" and "pointers" in item:
        return {**item, "pointers": [cited.at(pointer) for pointer in item["pointers"]]}
    return item


class _Cited:
    """What is at the cited places of a document, as digests, each made once."""

    def __init__(self, source: Object) -> None:
        self._source = source
        self._digests: dict[int, str] = {}

    def at(self, pointer: str) -> str:
        """A pointer to nothing stands for itself."""
        try:
            value = pointed(self._source, pointer)
        except LookupError:
            return pointer
        if id(value) not in self._digests:
            self._digests[id(value)] = digested(value)
        return self._digests[id(value)]


def _items(path: str, table: Object) -> Iterator[tuple[str, Object]]:
    """What is not joined but stands in the merged document as it is, with the list it is in."""
    for name, value in table.items():
        inner = f"{path}.{name}" if path else name
        if inner in _ELSEWHERE:
            continue
        if isinstance(value, list):
            yield from ((inner, each) for each in value if isinstance(each, dict))
        elif isinstance(value, dict) and "bom-ref" in value:
            yield inner, value
        elif isinstance(value, dict):
            yield from _items(inner, value)


def _joined(pieces: tuple[Piece, ...], changed: Names) -> Object | None:
    return joined([renamed(each.json, changed.get(each.source, {})) for each in pieces])


def _contradicting(
    found: Mapping[str, Sequence[tuple[Piece, ...]]], parts: Mapping[str, Sequence[Object | None]]
) -> frozenset[Piece]:
    return frozenset(
        piece
        for name in POOLS
        for pieces, one in zip(found[name], parts[name], strict=True)
        if one is None
        for piece in pieces
    )
