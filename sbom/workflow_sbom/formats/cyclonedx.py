"""CycloneDX JSON (ECMA-424) from a bill of materials: same input, same bytes.

Everything is sorted, the time is the caller's (the commit's), and the serial number is a UUIDv5 of
the content, so that a rebuild gives the same document and another content another serial.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError, ModelError
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Publication, Sbom
from workflow_sbom.model.licence import Licence, NamedLicence, SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference, Hash, Organisation, Property

MEDIA_TYPE = "application/vnd.cyclonedx+json"
PREDICATE_TYPE = "https://cyclonedx.org/bom"
TOOL = "workflow-sbom"
Spec = Literal["1.6", "1.7"]

_SERIALS = uuid.uuid5(uuid.NAMESPACE_URL, PREDICATE_TYPE)


def render(sbom: Sbom, *, created: datetime, tool_version: str, spec: Spec = "1.7") -> bytes:
    """The document as canonical JSON with a final newline.

    `created` must know its time zone; it is written in UTC to the second. Raises `ModelError`
    when it does not.
    """
    content: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{spec}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec,
        "version": 1,
        "metadata": _metadata(sbom, created, tool_version, spec),
        "components": _components(sbom.components, spec),
        "dependencies": [
            _dependency(edge) for edge in sorted(sbom.dependencies, key=lambda edge: edge.ref)
        ],
    } | _present(
        compositions=_sorted(map(_composition, sbom.compositions)),
        formulation=_formulation(sbom.formulation, spec),
    )
    serial = uuid.uuid5(_SERIALS, Digest.of(canonical.encode(content)).hex)
    return canonical.document(content | {"serialNumber": f"urn:uuid:{serial}"})


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


def _metadata(sbom: Sbom, created: datetime, tool_version: str, spec: Spec) -> dict[str, Any]:
    if created.tzinfo is None:
        raise ModelError(f"the time {created.isoformat()} has no time zone")
    tool = {"type": "application", "name": TOOL, "version": tool_version}
    return {
        "timestamp": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tools": {"components": [tool]},
        "component": _component(sbom.subject, spec),
    } | _present(
        lifecycles=[{"phase": phase} for phase in sorted(set(sbom.phases))],
        properties=_sorted(map(_property, sbom.properties)),
        **(_publication(sbom.publication, spec) if sbom.publication else {}),
    )


def _publication(publication: Publication, spec: Spec) -> dict[str, Any]:
    sharing = publication.sharing if spec == "1.7" else None
    return _present(
        authors=_sorted(map(_contact, publication.authors)),
        supplier=_organisation(publication.supplier) if publication.supplier else None,
        manufacturer=_organisation(publication.manufacturer) if publication.manufacturer else None,
        licenses=[_expression(publication.licence, spec)] if publication.licence else None,
        distributionConstraints={"tlp": sharing} if sharing else None,
    )


def _formulation(tools: Sequence[Component], spec: Spec) -> list[dict[str, Any]]:
    """What was needed to make the subject, as one formula."""
    return [{"components": _components(tools, spec)}] if tools else []


def _components(components: Iterable[Component], spec: Spec) -> list[dict[str, Any]]:
    return [_component(each, spec) for each in sorted(components, key=lambda each: each.ref)]


def _component(component: Component, spec: Spec) -> dict[str, Any]:
    return {"bom-ref": component.ref, "type": component.kind, "name": component.name} | _present(
        group=component.group,
        version=component.version,
        purl=component.purl,
        description=component.description,
        copyright=component.copyright,
        scope=component.scope,
        supplier=_organisation(component.supplier) if component.supplier else None,
        manufacturer=_organisation(component.manufacturer) if component.manufacturer else None,
        authors=_sorted(map(_contact, component.authors)),
        isExternal=True if component.external and spec == "1.7" else None,
        hashes=_sorted(map(_hash, component.hashes)),
        licenses=_licences(component.licences, spec),
        externalReferences=_sorted(map(_reference, component.references)),
        properties=_sorted(map(_property, component.properties)),
        evidence=_evidence(component) if component.evidence else None,
        components=_components(component.components, spec),
    )


def _contact(contact: Contact) -> dict[str, Any]:
    return _present(name=contact.name, email=contact.email)


def _evidence(component: Component) -> dict[str, Any]:
    """What was recognised beyond doubt has the confidence 1, which is an integer here."""
    found = component.evidence
    if found is None:
        return {}
    field = "purl" if component.purl else "hash" if component.hashes else "name"
    method = {"technique": found.technique, "confidence": 1}
    return {"identity": [{"field": field, "confidence": 1, "methods": [method]}]} | _present(
        occurrences=[{"location": path} for path in sorted(set(found.occurrences))]
    )


def _licences(licences: Sequence[Licence], spec: Spec) -> list[dict[str, Any]]:
    """1.7 takes any mixture; 1.6 either one expression alone or licences by name."""
    if spec == "1.7" or len(licences) == 1:
        return _sorted(_licence(each, spec) for each in licences)
    return _sorted(map(_licence_by_name, licences))


def _licence(licence: Licence, spec: Spec) -> dict[str, Any]:
    match licence:
        case SpdxLicence():
            return _expression(licence, spec)
        case NamedLicence():
            return _licence_by_name(licence)


def _expression(licence: SpdxLicence, spec: Spec) -> dict[str, Any]:
    """The texts of `LicenseRef-` identifiers have a place since 1.7."""
    texts = [
        {"licenseIdentifier": each.identifier, "text": {"content": each.text}}
        for each in sorted(licence.texts)
    ]
    return {
        "expression": licence.expression,
        "acknowledgement": licence.acknowledgement,
    } | _present(expressionDetails=texts if spec == "1.7" else None)


def _licence_by_name(licence: Licence) -> dict[str, Any]:
    name = licence.expression if isinstance(licence, SpdxLicence) else licence.name
    text = licence.text if isinstance(licence, NamedLicence) else ""
    content = _present(text={"content": text} if text else None)
    return {"license": {"name": name, "acknowledgement": licence.acknowledgement} | content}


def _organisation(organisation: Organisation) -> dict[str, Any]:
    return {"name": organisation.name} | _present(
        contact=[{"email": email} for email in sorted(set(organisation.emails))],
        url=sorted(set(organisation.urls)),
    )


def _hash(value: Hash) -> dict[str, Any]:
    return {"alg": value.algorithm, "content": value.hex}


def _reference(reference: ExternalReference) -> dict[str, Any]:
    return {"type": reference.kind, "url": reference.url} | _present(
        hashes=_sorted(map(_hash, reference.hashes)), comment=reference.comment
    )


def _property(entry: Property) -> dict[str, Any]:
    return {"name": entry.name, "value": entry.value}


def _dependency(edge: Dependency) -> dict[str, Any]:
    """`dependsOn` is always there: readers fail without it, and empty means "needs nothing"."""
    return {"ref": edge.ref, "dependsOn": sorted(set(edge.depends_on))}


def _composition(composition: Composition) -> dict[str, Any]:
    return {"aggregate": composition.aggregate} | _present(
        assemblies=sorted(set(composition.assemblies)),
        dependencies=sorted(set(composition.dependencies)),
    )


def _present(**fields: Any) -> dict[str, Any]:
    """The fields that hold something: what is not known is left out."""
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _sorted(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    unique = {canonical.encode(item): item for item in items}
    return [unique[key] for key in sorted(unique)]
