"""A CycloneDX document inside a distribution, as parts and edges.

Schema: https://cyclonedx.org/docs/1.7/json/; all versions of it that have JSON agree on what is
read here. What was only needed to build (`formulation`) is no part, and stays where it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, get_args

from workflow_sbom.errors import DocumentError
from workflow_sbom.model.component import Component, Kind, Scope
from workflow_sbom.model.licence import Licence
from workflow_sbom.model.parts import Contact
from workflow_sbom.python import stating
from workflow_sbom.python.stating import Graph

MAX_COMPONENTS = 50_000


def read(prefix: str, table: dict[str, Any]) -> tuple[list[Component], Graph]:
    """The parts, and what needs what; None is the document's subject.

    Raises `DocumentError`, `ModelError` for what is no such document.
    """
    return _Reader(prefix, table).read()


class _Reader:
    """Reads one document; knows which of its references stand for what."""

    def __init__(self, prefix: str, table: dict[str, Any]) -> None:
        self._prefix, self._table = prefix, table
        metadata = table.get("metadata")
        subject = metadata.get("component") if isinstance(metadata, dict) else None
        self._subject: dict[str, Any] = subject if isinstance(subject, dict) else {}
        self._refs: dict[str, str | None] = {}
        if isinstance(own := self._subject.get("bom-ref"), str):
            self._refs[own] = None
        self._count = 0

    def read(self) -> tuple[list[Component], Graph]:
        parts = [
            *self._parts(self._subject.get("components"), "metadata.component.components"),
            *self._parts(self._table.get("components"), "components"),
        ]
        return parts, self._graph()

    def _parts(self, value: Any, path: str) -> Iterator[Component]:
        """A component with the subject's reference is the subject once more (auditwheel's)."""
        if value is not None and not isinstance(value, list):
            raise DocumentError(f"`{path}` is no array")
        for at, each in enumerate(value or ()):
            if not isinstance(each, dict):
                raise DocumentError(f"`{path}[{at}]` is no object")
            if self._refs.get(str(each.get("bom-ref")), "") is None:
                continue
            yield self._part(each, f"{path}[{at}]")

    def _part(self, table: dict[str, Any], path: str) -> Component:
        self._count += 1
        if self._count > MAX_COMPONENTS:
            raise DocumentError(f"more than {MAX_COMPONENTS} components")
        name, kind = stating.line(table.get("name")), _kind(table.get("type"))
        if name is None or kind is None:
            raise DocumentError(f"`{path}` has no name or no type that is known")
        return Component(
            ref=self._ref(table, path),
            kind=kind,
            name=name,
            group=stating.line(table.get("group")),
            version=stating.line(table.get("version")),
            purl=stating.package(table.get("purl")),
            description=stating.text(table.get("description")),
            copyright=stating.text(table.get("copyright")),
            authors=tuple(_authors(table)),
            scope=table["scope"] if table.get("scope") in get_args(Scope) else None,
            hashes=stating.hashes(
                (each.get("alg"), each.get("content"))
                for each in stating.objects(table.get("hashes"))
            ),
            licences=tuple(_licences(table.get("licenses"))),
            references=tuple(
                sorted(
                    {
                        found
                        for each in stating.objects(table.get("externalReferences"))
                        if (found := stating.reference(each.get("type"), each.get("url")))
                    }
                )
            ),
            properties=stating.properties(table.get("properties")),
            components=tuple(self._parts(table.get("components"), f"{path}.components")),
        )

    def _ref(self, table: dict[str, Any], path: str) -> str:
        own = stating.line(table.get("bom-ref"))
        if own is None:
            return f"{self._prefix}:{path}"
        if own in self._refs:
            raise DocumentError(f"the bom-ref {own[:80]!r} stands twice")
        ref = self._refs[own] = f"{self._prefix}:{own}"
        return ref

    def _graph(self) -> Graph:
        """Edges between what the document describes; ends that it does not describe are none."""
        graph: Graph = defaultdict(set)
        for edge in stating.objects(self._table.get("dependencies")):
            ref = edge.get("ref")
            if not isinstance(ref, str) or ref not in self._refs:
                continue
            listed = edge.get("dependsOn", [])
            if not isinstance(listed, list):
                raise DocumentError("`dependsOn` is no array")
            known = (self._refs.get(each) for each in listed if isinstance(each, str))
            graph[self._refs[ref]].update(each for each in known if each is not None)
        return graph


def _kind(value: Any) -> Kind | None:
    return value if value in get_args(Kind) else None


def _authors(table: dict[str, Any]) -> Iterator[Contact]:
    """`authors` since 1.6, one text `author` before."""
    listed = [
        (each.get("name"), each.get("email")) for each in stating.objects(table.get("authors"))
    ]
    for name, email in listed or [(table.get("author"), None)]:
        if found := stating.contact(name, email):
            yield found


def _licences(value: Any) -> Iterator[Licence]:
    for each in stating.objects(value):
        named = each.get("license")
        words = named.get("id") or named.get("name") if isinstance(named, dict) else None
        if found := stating.licence(each.get("expression") or words):
            yield found
