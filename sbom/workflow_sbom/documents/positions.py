"""Citations (CycloneDX 1.7) point to places by position, and merging moves things: point anew.

A JSON pointer (RFC 6901) is followed in its own document and, beside it, in the merged one, where
each item of a list is found again by what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.documents.joining import Object

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_SUBJECT = ("metadata", "component")


def pointed(document: Any, pointer: str) -> Any:
    """What a pointer points to in a document; raises `LookupError` when that is nothing."""
    value = document
    for token in _tokens(pointer):
        value = _step(value, token)
    return value


class Positions:
    """The positions of things in a merged document; what was looked at is remembered."""

    def __init__(self, merged: Object) -> None:
        self._merged = merged
        self._known: dict[int, tuple[Any, Sequence[Hashable]]] = {}
        self._places: dict[int, tuple[Any, Sequence[Mapping[Hashable, int]]]] = {}

    def of(self, source: Object, pointer: str) -> str:
        """The pointer to what a pointer into a source points to; raises `LookupError`.

        References in the source are those of the merged document already.
        """
        tokens, new = _tokens(pointer), list[str]()
        here: Any = source
        there: Any = self._merged
        if tuple(tokens[:2]) == _SUBJECT and "component" not in there.get("metadata", {}):
            here = source["metadata"]["component"]
            new = ["components", self._place(here, there["components"])]
            there, tokens = _step(there["components"], new[1]), tokens[2:]
        for token in tokens:
            inner = _step(here, token)
            both = isinstance(here, list) and isinstance(there, list)
            new.append(self._place(inner, there) if both else token)
            here, there = inner, _step(there, new[-1])
        return "".join(f"/{token.replace('~', '~0').replace('/', '~1')}" for token in new)

    def _place(self, item: Any, items: Sequence[Any]) -> str:
        """Where an item is in a merged list: as it was, or what it has become."""
        for wanted, places in zip(self._told(item), self._all(items), strict=True):
            if wanted is not None and wanted in places:
                return str(places[wanted])
        raise LookupError("no such item any more")

    def _told(self, item: Any) -> Sequence[Hashable]:
        if id(item) not in self._known:
            self._known[id(item)] = (item, [key(item) for key in _KEYS])
        return self._known[id(item)][1]

    def _all(self, items: Sequence[Any]) -> Sequence[Mapping[Hashable, int]]:
        if id(items) not in self._places:
            told = [self._told(item) for item in items]
            places = [{each[at]: n for n, each in enumerate(told)} for at in range(len(_KEYS))]
            self._places[id(items)] = (items, places)
        return self._places[id(items)][1]


def _tokens(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise LookupError("no JSON pointer")
    return [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value[token]
    if isinstance(value, list) and _INDEX.fullmatch(token):
        return value[int(token)]
    raise LookupError("nothing is there")


def digested(value: Any) -> str:
    """What tells a value from every other."""
    return Digest.of(canonical.encode(value)).hex


def _name(item: Any) -> Hashable:
    if not isinstance(item, dict) or "name" not in item:
        return None
    said = (item.get(key) for key in ("purl", "group", "name", "version"))
    return tuple(each if isinstance(each, str) else None for each in said)


def _member(name: str) -> Callable[[Any], Hashable]:
    def of(item: Any) -> Hashable:
        value = item.get(name) if isinstance(item, dict) else None
        return value if isinstance(value, str) else None

    return of


_KEYS: tuple[Callable[[Any], Hashable], ...] = (
    digested,
    _member("bom-ref"),
    _member("ref"),
    _name,
    _member("id"),
)
