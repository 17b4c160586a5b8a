"""What the specification demands of a valid document and its JSON schema can't say.

None of it keeps a document from being read: many in use have such faults. They are for whoever
made the document.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from packageurl import PackageURL

from workflow_sbom.documents.references import REFERRING, SIGNATURE
from workflow_sbom.documents.view import Document
from workflow_sbom.errors import Fault
from workflow_sbom.formats.schemas import MAX_FAULTS, path
from workflow_sbom.printable import printable

_BOM_LINK = "urn:cdx:"

Place = tuple[str | int, ...]


class _Text(NamedTuple):
    """A text in a document: the key it stands under, its own or that of the list it is in."""

    key: str
    text: str
    place: Place


def notices(document: Document) -> tuple[Fault, ...]:
    """What is wrong in a document whose schema finds nothing wrong, each with its JSON path.

    References borne twice or to nothing, several entries in `dependencies` for one thing,
    package URLs that are none. At most `MAX_FAULTS`.
    """
    texts = [*_texts("", document.json, ())]
    found = itertools.chain(_borne(texts), _referring(texts), _entries(document), _purls(texts))
    return tuple(itertools.islice(found, MAX_FAULTS))


def _texts(key: str, value: Any, place: Place) -> Iterator[_Text]:
    if isinstance(value, str):
        yield _Text(key, value, place)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _texts(key, item, (*place, at))
    elif isinstance(value, dict):
        for name, item in value.items():
            if name != SIGNATURE:  # what a signature calls `algorithm` is no reference
                yield from _texts(name, item, (*place, name))


def _borne(texts: list[_Text]) -> Iterator[Fault]:
    first: dict[str, Place] = {}
    for key, text, place in texts:
        if key != "bom-ref":
            continue
        if text in first:
            yield Fault(path(place), f"{_shown(text)} is borne by {path(first[text][:-1])} too")
        elif text.startswith(_BOM_LINK):
            yield Fault(path(place), "a reference that reads as a BOM-Link to another document")
        first.setdefault(text, place)


def _referring(texts: list[_Text]) -> Iterator[Fault]:
    known = {text for key, text, _ in texts if key == "bom-ref"}
    for key, text, place in texts:
        if key in REFERRING and text not in known and not text.startswith(_BOM_LINK):
            yield Fault(path(place), f"{_shown(text)} is nothing in this document")


def _entries(document: Document) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for at, entry in enumerate(document.json.get("dependencies", [])):
        before = first.setdefault(entry["ref"], at)
        if before != at:
            where = f"dependencies[{before}]"
            yield Fault(f"dependencies[{at}]", f"{_shown(entry['ref'])} has the entry {where} too")


def _purls(texts: list[_Text]) -> Iterator[Fault]:
    for key, text, place in texts:
        if key == "purl" and not _is_purl(text):
            yield Fault(path(place), f"{_shown(text)} is no package URL")


def _is_purl(text: str) -> bool:
    try:
        PackageURL.from_string(text)
    except ValueError:
        return False
    return True


def _shown(text: str) -> str:
    return printable(repr(text[:80]))
