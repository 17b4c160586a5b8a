"""The components of documents as a policy judges them, and what VEX statements may refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflow_sbom.debian.control import SOURCE, SOURCE_VERSION
from workflow_sbom.documents.view import Declared, Document, Part, formulation
from workflow_sbom.policy.findings import Place
from workflow_sbom.policy.item import Item, Stated
from workflow_sbom.policy.package import read as read_purl


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A document and what it is called: its file's name."""

    name: str
    document: Document


def items(given: Named) -> Iterator[Item]:
    """Every component of a document: what ships, then what was only needed to build.

    The subject is one where it has a package URL; else it is only the sum of its parts.
    """
    document = given.document
    subject = document.subject
    shipped = (*((subject,) if subject and subject.purl else ()), *document.parts)
    build = tuple(formulation(document))
    names_sources = any(_source(part) is not None for part in (*shipped, *build))
    for ships, parts in ((True, shipped), (False, build)):
        for part in parts:
            yield _item(given, part, ships=ships, names_sources=names_sources)


def place(given: Named, part: Part) -> Place:
    """Where a component stands, and what it is called."""
    name = "" if part.purl else part.name
    return Place(document=given.name, path=part.path, purl=part.purl or "", name=name)


def _item(given: Named, part: Part, *, ships: bool, names_sources: bool) -> Item:
    subject = given.document.subject
    source = _source(part)
    return Item(
        where=place(given, part),
        kind=part.kind,
        version=part.version,
        url=read_purl(part.purl) if part.purl else None,
        licences=tuple(map(_stated, part.licences)),
        ships=ships,
        source="" if source is None and names_sources else source,
        within=subject.purl or "" if subject else "",
        ref=part.ref or "",
    )


def _source(part: Part) -> str | None:
    """The source package and its version, as a control paragraph has them: `gcc-14 (14.2.0-19)`."""
    said = {each.get("name"): each.get("value") for each in part.json.get("properties", [])}
    name, version = said.get(SOURCE), said.get(SOURCE_VERSION)
    return (f"{name} ({version})" if version else str(name)) if name else None


def _stated(declared: Declared) -> Stated:
    return Stated(
        text=declared.value,
        form="words" if declared.kind == "name" else "spdx",
        concluded=declared.acknowledgement == "concluded",
    )


def links(documents: Sequence[Named]) -> Mapping[tuple[str, int, str], str]:
    """The package URL of every component by what a BOM-Link calls it."""
    found: dict[tuple[str, int, str], str] = {}
    for given in documents:
        document = given.document
        serial = str(document.json.get("serialNumber", "")).removeprefix("urn:uuid:").lower()
        subject = (document.subject,) if document.subject else ()
        for part in (*subject, *document.parts):
            if serial and part.ref and part.purl:
                found[serial, document.json.get("version", 1), part.ref] = part.purl
    return found
