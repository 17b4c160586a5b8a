"""SPDX 2.3 JSON from a bill of materials: same input, same bytes.

Specification: https://spdx.github.io/spdx-spec/v2.3/. The namespace is a UUIDv5 of the content, the
time the caller's. What is not known is left out, which SPDX reads as NOASSERTION; that word stands
only where a field is mandatory (`downloadLocation`) and where needs or parts are known to be stated
in part: `DEPENDS_ON NOASSERTION`, and `DEPENDS_ON NONE` for what is known to need nothing.

What SPDX has no field for (properties, scope, evidence, further people, how complete parts are, the
Traffic Light Protocol label) is kept in annotations, as canonical JSON in the words of CycloneDX.
Left out knowingly: nothing of the model.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError
from workflow_sbom.formats.cyclonedx import composition, instant
from workflow_sbom.formats.cyclonedx_parts import (
    Item,
    listed,
    ordered,
    present,
    property_,
    publication,
)
from workflow_sbom.formats.spdx_licences import Licences
from workflow_sbom.formats.spdx_package import (
    NO_ASSERTION,
    annotated,
    identifier,
    organisation,
    package,
    person,
)
from workflow_sbom.formats.tool import signature
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Publication, Sbom

MEDIA_TYPE = "application/spdx+json"
PREDICATE_TYPE = "https://spdx.dev/Document/v2.3"
DATA_LICENCE = "CC0-1.0"

_DOCUMENT = "SPDXRef-DOCUMENT"
_NAMESPACES = uuid.uuid5(uuid.NAMESPACE_URL, PREDICATE_TYPE)

Relation = tuple[str, str, str]


def render(sbom: Sbom, *, created: datetime, tool_version: str) -> bytes:
    """The document as canonical JSON with a final newline.

    `created` must know its time zone. Raises `ModelError` when it does not, and for a publication
    under another data licence than CC0-1.0, which is the only one SPDX documents have.
    """
    _require_data_licence(sbom.publication)
    creator, moment = f"Tool: {signature(tool_version)}", instant(created)
    note: Item = {"annotationDate": moment, "annotationType": "OTHER", "annotator": creator}
    components = sorted(sbom.walk(), key=lambda each: each.ref)
    licences = Licences.of(components)
    content: Item = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": DATA_LICENCE,
        "SPDXID": _DOCUMENT,
        "name": "-".join(filter(None, (sbom.subject.name, sbom.subject.version))),
        "creationInfo": {
            "created": moment,
            "creators": [creator, *_creators(sbom.publication)],
        }
        | present(comment=_phases(sbom)),
        "packages": [package(each, licences, note) for each in components],
        "relationships": [_relationship(each) for each in sorted(set(_relations(sbom)))],
    } | present(
        annotations=annotated(note, _facts(sbom)),
        hasExtractedLicensingInfos=licences.extracted(),
    )
    namespace = uuid.uuid5(_NAMESPACES, Digest.of(canonical.encode(content)).hex)
    return canonical.document(content | {"documentNamespace": f"urn:uuid:{namespace}"})


def _require_data_licence(published: Publication | None) -> None:
    licence = published.licence if published else None
    if licence is not None and licence.expression != DATA_LICENCE:
        raise ModelError(
            f"an SPDX document is under {DATA_LICENCE}, never {licence.expression!r}; "
            "publish this one in CycloneDX"
        )


def _creators(published: Publication | None) -> list[str]:
    """Who stands behind the document; an organisation is not said to be a person as well."""
    if published is None:
        return []
    maker = published.manufacturer
    persons = [each for each in published.authors if maker is None or each.name != maker.name]
    organisations = [organisation(maker)] if maker else []
    return sorted({*organisations, *map(person, persons)})


def _phases(sbom: Sbom) -> str:
    """When in the life of the subject the facts were gathered, in words."""
    phases = sorted(set(sbom.phases))
    return f"Lifecycle phases: {', '.join(phases)}." if phases else ""


def _facts(sbom: Sbom) -> Item:
    """What is said of the document and has no field."""
    published = publication(sbom.publication, "1.7") if sbom.publication else {}
    return present(
        lifecycles=[{"phase": phase} for phase in sorted(set(sbom.phases))],
        properties=listed(property_, sbom.properties),
        compositions=ordered(map(composition, sbom.compositions)),
    ) | {name: value for name, value in published.items() if name != "licenses"}


def _relations(sbom: Sbom) -> Iterator[Relation]:
    subject = identifier(sbom.subject.ref)
    yield _DOCUMENT, "DESCRIBES", subject
    yield from _contained(sbom)
    for tool in sbom.formulation:
        yield identifier(tool.ref), "BUILD_TOOL_OF", subject
    for edge in sbom.dependencies:
        for target in edge.depends_on:
            yield identifier(edge.ref), "DEPENDS_ON", identifier(target)
    yield from _completeness(sbom)


def _contained(sbom: Sbom) -> Iterator[Relation]:
    """Nested parts, those in several places, and what else the subject is made of."""
    held = {part for each in sbom.containments for part in each.parts}
    for whole in sbom.containments:
        for part in whole.parts:
            yield _contains(whole.ref, part)
    for each in sbom.components:
        if not each.external and each.ref not in held:
            yield _contains(sbom.subject.ref, each.ref)
    for each in sbom.walk():
        yield from _nested(each)


def _nested(component: Component) -> Iterator[Relation]:
    return (_contains(component.ref, part.ref) for part in component.components)


def _contains(whole: str, part: str) -> Relation:
    return identifier(whole), "CONTAINS", identifier(part)


def _completeness(sbom: Sbom) -> Iterator[Relation]:
    """What is known to be stated in part, and what is known to need nothing."""
    partly = [each for each in sbom.compositions if each.aggregate != "complete"]
    in_part = {ref for each in partly for ref in each.dependencies}
    for ref in in_part:
        yield identifier(ref), "DEPENDS_ON", NO_ASSERTION
    for ref in {ref for each in partly for ref in each.assemblies}:
        yield identifier(ref), "CONTAINS", NO_ASSERTION
    for edge in sbom.dependencies:
        if not edge.depends_on and edge.ref not in in_part:
            yield identifier(edge.ref), "DEPENDS_ON", "NONE"


def _relationship(relation: Relation) -> Item:
    element, kind, related = relation
    return {"spdxElementId": element, "relationshipType": kind, "relatedSpdxElement": related}
