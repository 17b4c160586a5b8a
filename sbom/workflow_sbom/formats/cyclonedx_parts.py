"""The parts of a CycloneDX document: components, licences, people and references.

What is not known is left out; lists are sorted and hold nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar, assert_never

from workflow_sbom import canonical
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Publication
from workflow_sbom.model.licence import Licence, NamedLicence, SpdxLicence
from workflow_sbom.model.parts import Contact, ExternalReference, Hash, Organisation, Property

Spec = Literal["1.6", "1.7"]
Item = dict[str, Any]
EXTERNAL = "workflow:sbom:external"
SHARING = "workflow:sbom:tlp"
Value = TypeVar("Value", Contact, ExternalReference, Hash, Property)


def component(value: Component, spec: Spec) -> Item:
    """A component without what is nested in it."""
    return {"bom-ref": value.ref, "type": value.kind, "name": value.name} | present(
        group=value.group,
        version=value.version,
        purl=value.purl,
        description=value.description,
        copyright=value.copyright,
        supplier=organisation(value.supplier) if value.supplier else None,
        manufacturer=organisation(value.manufacturer) if value.manufacturer else None,
        hashes=listed(_hash, value.hashes),
        licenses=_licences(value.licences, spec),
        externalReferences=listed(_reference, value.references),
        **circumstances(value, spec),
    )


def circumstances(value: Component, spec: Spec) -> Item:
    """Those of its fields that other formats have no place for."""
    return present(
        scope=value.scope,
        authors=listed(_contact, value.authors),
        isExternal=True if value.external and spec == "1.7" else None,
        properties=listed(property_, _facts(value, spec)),
        evidence=_evidence(value, value.evidence) if value.evidence else None,
    )


def _facts(value: Component, spec: Spec) -> tuple[Property, ...]:
    """Its properties; 1.6 has no field for what is expected from outside."""
    external = value.external and spec == "1.6"
    return (*value.properties, Property(EXTERNAL, "true")) if external else value.properties


def publication(value: Publication, spec: Spec) -> Item:
    """Who stands behind a document, as fields of its metadata."""
    sharing = value.sharing if spec == "1.7" else None
    return present(
        authors=listed(_contact, value.authors),
        supplier=organisation(value.supplier) if value.supplier else None,
        manufacturer=organisation(value.manufacturer) if value.manufacturer else None,
        licenses=[_expression(value.licence, spec)] if value.licence else None,
        distributionConstraints={"tlp": sharing} if sharing else None,
    )


def terms(value: Publication | None, spec: Spec) -> tuple[Property, ...]:
    """On what terms a document is passed on, where its metadata has no field for them."""
    sharing = value.sharing if value is not None else None
    return (Property(SHARING, sharing),) if sharing is not None and spec == "1.6" else ()


def _contact(value: Contact) -> Item:
    return present(name=value.name, email=value.email)


def organisation(value: Organisation) -> Item:
    """An organisation, with a contact for each e-mail address."""
    return {"name": value.name} | present(
        contact=[{"email": email} for email in sorted(set(value.emails))],
        url=sorted(set(value.urls)),
    )


def property_(value: Property) -> Item:
    """A fact that has no field of its own."""
    return {"name": value.name, "value": value.value}


def present(**fields: Any) -> Item:
    """The fields that hold something: what is not known is left out."""
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def listed(render: Callable[[Value], Item], values: Sequence[Value]) -> list[Item]:
    """Each value once, rendered, in the order of the values."""
    return [render(value) for value in (sorted(set(values)) if len(values) > 1 else values)]


def ordered(items: Iterable[Item]) -> list[Item]:
    """Each item once, in the order of their canonical encoding."""
    listed = list(items)
    if len(listed) < 2:
        return listed
    unique = {canonical.encode(item): item for item in listed}
    return [unique[key] for key in sorted(unique)]


def _evidence(value: Component, found: Evidence) -> Item:
    """What was recognised beyond doubt has the confidence 1, which is an integer here."""
    field = "purl" if value.purl else "hash" if value.hashes else "name"
    method = {"technique": found.technique, "confidence": 1}
    return {"identity": [{"field": field, "confidence": 1, "methods": [method]}]} | present(
        occurrences=[{"location": path} for path in sorted(set(found.occurrences))]
    )


def _licences(licences: Sequence[Licence], spec: Spec) -> list[Item]:
    """1.7 takes any mixture; 1.6 either one expression alone or licences by name, with texts."""
    texts = any(each.texts for each in licences if isinstance(each, SpdxLicence))
    if spec == "1.7" or (len(licences) == 1 and not texts):
        return ordered(_licence(each, spec) for each in licences)
    return ordered(map(_licence_by_name, licences))


def _licence(licence: Licence, spec: Spec) -> Item:
    match licence:
        case SpdxLicence():
            return _expression(licence, spec)
        case NamedLicence():
            return _licence_by_name(licence)
        case _:
            assert_never(licence)


def _expression(licence: SpdxLicence, spec: Spec) -> Item:
    """An SPDX expression; the texts of its `LicenseRef-` identifiers have a place since 1.7."""
    texts = [
        {"licenseIdentifier": each.identifier, "text": {"content": each.text}}
        for each in sorted(licence.texts)
    ]
    return {
        "expression": licence.expression,
        "acknowledgement": licence.acknowledgement,
    } | present(expressionDetails=texts if spec == "1.7" else None)


def _licence_by_name(licence: Licence) -> Item:
    """A licence by its SPDX identifier where it is one, else by name; with its text."""
    text = licence.text if isinstance(licence, NamedLicence) else _texts(licence)
    content = present(text={"content": text} if text else None)
    return {"license": _named(licence) | {"acknowledgement": licence.acknowledgement} | content}


def _named(licence: Licence) -> Item:
    match licence:
        case SpdxLicence():
            from cyclonedx.spdx import is_supported_id

            field = "id" if is_supported_id(licence.expression) else "name"
            return {field: licence.expression}
        case NamedLicence():
            return {"name": licence.name}
        case _:
            assert_never(licence)


def _texts(licence: SpdxLicence) -> str:
    """The text of a `LicenseRef-` alone; of several, each under its identifier."""
    texts = sorted(licence.texts)
    if len(texts) == 1 and texts[0].identifier == licence.expression:
        return texts[0].text
    return "\n\n".join(f"{each.identifier}\n\n{each.text}" for each in texts)


def _hash(value: Hash) -> Item:
    return {"alg": value.algorithm, "content": value.hex}


def _reference(reference: ExternalReference) -> Item:
    return {"type": reference.kind, "url": reference.url} | present(
        hashes=listed(_hash, reference.hashes), comment=reference.comment
    )
