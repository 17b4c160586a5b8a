"""An SPDX 2 document inside a distribution, as parts and edges.

Specification: https://spdx.github.io/spdx-spec/v2.3/. Packages are read: name, version, package
URL, licence, checksums, copyright; files and snippets are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from workflow_sbom.errors import DocumentError
from workflow_sbom.model.component import Component
from workflow_sbom.python import stating
from workflow_sbom.python.stating import Graph

MAX_PACKAGES = 50_000
_ALGORITHMS = {"SHA1": "SHA-1", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512"}
_NOTHING = {"NOASSERTION", "NONE"}
_FORTH = {"DEPENDS_ON", "CONTAINS", "DYNAMIC_LINK", "STATIC_LINK", "HAS_PREREQUISITE"}
_BACK = {"DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "CONTAINED_BY", "PREREQUISITE_FOR"}


def read(prefix: str, table: dict[str, Any]) -> tuple[list[Component], Graph]:
    """The parts, and what needs what; None is what the document describes.

    Raises `DocumentError`, `ModelError` for what is no such document.
    """
    packages = table.get("packages", [])
    if not isinstance(packages, list) or len(packages) > MAX_PACKAGES:
        raise DocumentError(f"`packages` is no array of at most {MAX_PACKAGES}")
    relations = list(_relations(table))
    refs: dict[str, str | None] = {"SPDXRef-DOCUMENT": None}
    refs |= dict.fromkeys(_described(table, relations))
    parts = []
    for at, package in enumerate(packages):
        name, own = _named(package, at)
        if own not in refs:
            refs[own] = f"{prefix}:{own}"
            parts.append(_part(f"{prefix}:{own}", name, package))
        elif refs[own] is not None:
            raise DocumentError(f"the SPDXID {own[:80]!r} stands twice")
    return parts, _graph(refs, relations)


def _named(package: Any, at: int) -> tuple[str, str]:
    match package:
        case {"name": str(name), "SPDXID": str(own)} if stating.line(name) and stating.line(own):
            return name, own
        case _:
            raise DocumentError(f"`packages[{at}]` has no name or no SPDXID")


def _relations(table: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for each in stating.objects(table.get("relationships")):
        match each:
            case {
                "spdxElementId": str(one),
                "relationshipType": str(kind),
                "relatedSpdxElement": str(other),
            }:
                yield one, kind, other
            case _:
                raise DocumentError("a relationship without its two ends and its type")


def _described(table: dict[str, Any], relations: list[tuple[str, str, str]]) -> Iterator[str]:
    """What the document is about; the distribution stands for all of it."""
    described = table.get("documentDescribes")
    yield from (
        (each for each in described or () if isinstance(each, str))
        if isinstance(described, list)
        else ()
    )
    yield from (other for _, kind, other in relations if kind == "DESCRIBES")
    yield from (one for one, kind, _ in relations if kind == "DESCRIBED_BY")


def _part(ref: str, name: str, package: dict[str, Any]) -> Component:
    licence = stating.licence(_said(package, "licenseDeclared"))
    return Component(
        ref=ref,
        kind="library",
        name=name,
        version=stating.line(package.get("versionInfo")),
        purl=next(_packages(package), None),
        description=stating.text(package.get("summary") or package.get("description")),
        copyright=_said(package, "copyrightText"),
        hashes=stating.hashes(
            (_ALGORITHMS.get(str(each.get("algorithm"))), each.get("checksumValue"))
            for each in stating.objects(package.get("checksums"))
        ),
        licences=(licence,) if licence else (),
    )


def _said(package: dict[str, Any], field: str) -> str | None:
    """A text that says something: SPDX has words for what is not said."""
    text = stating.text(package.get(field))
    return None if text in _NOTHING else text


def _packages(package: dict[str, Any]) -> Iterator[str]:
    for each in stating.objects(package.get("externalRefs")):
        url = stating.package(each.get("referenceLocator"))
        if url and each.get("referenceType") == "purl":
            yield url


def _graph(refs: dict[str, str | None], relations: list[tuple[str, str, str]]) -> Graph:
    graph: Graph = defaultdict(set)
    for one, kind, other in relations:
        source, target = (other, one) if kind in _BACK else (one, other)
        if kind not in _FORTH | _BACK or source not in refs:
            continue
        found = refs.get(target)
        if found is not None:
            graph[refs[source]].add(found)
    return graph
