"""CycloneDX JSON (ECMA-424) from a bill of materials: same input, same bytes.

Everything is sorted, the time is the caller's (the commit's), and the serial number is a UUIDv5 of
the content, so that a rebuild gives the same document and another content another serial.

Components nest, so each has one place in the document. A part that lies in several components is
described once, and stands in each of them by name and identity with the property `IS`, which
names the description.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError, ModelError
from workflow_sbom.formats.cyclonedx_parts import (
    Item,
    Spec,
    component,
    listed,
    ordered,
    present,
    property_,
    publication,
    terms,
)
from workflow_sbom.formats.tool import tool
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import Property

__all__ = ["IS", "MEDIA_TYPE", "PREDICATE_TYPE", "Described", "Spec", "described", "render"]

MEDIA_TYPE = "application/vnd.cyclonedx+json"
PREDICATE_TYPE = "https://cyclonedx.org/bom"
IS = "workflow:sbom:is"

_SERIALS = uuid.uuid5(uuid.NAMESPACE_URL, PREDICATE_TYPE)


def render(sbom: Sbom, *, created: datetime, tool_version: str, spec: Spec = "1.7") -> bytes:
    """The document as canonical JSON with a final newline.

    `created` must know its time zone; it is written in UTC to the second. Raises `ModelError`
    when it does not.
    """
    tree = _Tree.of(sbom, spec)
    content: Item = {
        "$schema": f"http://cyclonedx.org/schema/bom-{spec}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec,
        "version": 1,
        "metadata": _metadata(sbom, tree, instant(created), tool_version),
        "components": tree.components(sbom.components),
    } | present(
        dependencies=[
            _dependency(edge) for edge in sorted(sbom.dependencies, key=lambda edge: edge.ref)
        ],
        compositions=ordered(map(composition, sbom.compositions)),
        formulation=[{"components": tree.components(sbom.formulation)}] if sbom.formulation else [],
    )
    serial = uuid.uuid5(_SERIALS, Digest.of(canonical.encode(content)).hex)
    return canonical.document(content | {"serialNumber": f"urn:uuid:{serial}"})


def instant(moment: datetime) -> str:
    """A time in UTC, to the second; raises `ModelError` for one without a time zone."""
    if moment.tzinfo is None:
        raise ModelError(f"the time {moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Described:
    """What a document says it is about: the subject's name, version and SHA-256."""

    name: str
    version: str | None
    digest: Digest | None


def described(document: bytes) -> Described:
    """What a CycloneDX document from outside is about; raises `DocumentError`,
    `DigestError`.

    Only the subject is read; the rest of the document is not judged.
    """
    bom = canonical.decode(document)
    if not isinstance(bom, dict) or bom.get("bomFormat") != "CycloneDX":
        raise DocumentError("no CycloneDX document: `bomFormat` is not CycloneDX")
    metadata = bom.get("metadata")
    subject = metadata.get("component") if isinstance(metadata, dict) else None
    if not isinstance(subject, dict) or not isinstance(subject.get("name"), str):
        raise DocumentError("the document names no subject: `metadata.component.name` is missing")
    version = subject.get("version")
    if version is not None and not isinstance(version, str):
        raise DocumentError("`metadata.component.version` is no string")
    return Described(subject["name"], version, _subject_digest(subject.get("hashes", [])))


def _subject_digest(hashes: Any) -> Digest | None:
    if not isinstance(hashes, list) or not all(isinstance(each, dict) for each in hashes):
        raise DocumentError("`metadata.component.hashes` is no array of objects")
    found = {str(each.get("content")) for each in hashes if each.get("alg") == "SHA-256"}
    if len(found) > 1:
        raise DocumentError("`metadata.component.hashes` holds several SHA-256 digests")
    return Digest(found.pop().lower()) if found else None


@dataclass(frozen=True, slots=True)
class _Tree:
    """The components as they nest; `inside` are those that lie in a component and in others."""

    spec: Spec
    inside: Mapping[str, tuple[Component, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, sbom: Sbom, spec: Spec) -> _Tree:
        if not sbom.containments:
            return cls(spec)
        known = {each.ref: each for each in sbom.walk()}
        return cls(
            spec,
            {
                each.ref: tuple(_occurrence(each.ref, known[part]) for part in set(each.parts))
                for each in sbom.containments
            },
        )

    def components(self, values: Iterable[Component]) -> list[Item]:
        return [self.component(each) for each in sorted(values, key=lambda each: each.ref)]

    def component(self, value: Component) -> Item:
        nested = (*value.components, *self.inside.get(value.ref, ()))
        return component(value, self.spec) | present(components=self.components(nested))


def _occurrence(holder: str, part: Component) -> Component:
    """A part where it lies, told by what identifies it; the rest is said where it is described."""
    return Component(
        ref=f"{part.ref} in {holder}",
        kind=part.kind,
        group=part.group,
        name=part.name,
        version=part.version,
        purl=part.purl,
        hashes=part.hashes,
        properties=(Property(IS, part.ref),),
    )


def _metadata(sbom: Sbom, tree: _Tree, created: str, tool_version: str) -> Item:
    return {
        "timestamp": created,
        "tools": {"components": [tree.component(tool(tool_version))]},
        "component": tree.component(sbom.subject),
    } | present(
        lifecycles=[{"phase": phase} for phase in sorted(set(sbom.phases))],
        properties=listed(property_, (*sbom.properties, *terms(sbom.publication, tree.spec))),
        **(publication(sbom.publication, tree.spec) if sbom.publication else {}),
    )


def _dependency(edge: Dependency) -> Item:
    """`dependsOn` is always there: readers fail without it, and empty means "needs nothing"."""
    return {"ref": edge.ref, "dependsOn": sorted(set(edge.depends_on))}


def composition(said: Composition) -> Item:
    """How much is stated."""
    return {"aggregate": said.aggregate} | present(
        assemblies=sorted(set(said.assemblies)),
        dependencies=sorted(set(said.dependencies)),
    )
