"""A component as an SPDX 2.3 package (https://spdx.github.io/spdx-spec/v2.3/package-information/).

Files are packages here, too (`primaryPackagePurpose` FILE): an SPDX file must have a SHA-1, and no
package whose files were not analysed one by one may contain it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from workflow_sbom import canonical
from workflow_sbom.formats.cyclonedx_parts import Item, circumstances, ordered, present
from workflow_sbom.formats.cyclonedx_parts import organisation as as_cyclonedx
from workflow_sbom.formats.spdx_licences import Licences
from workflow_sbom.model.component import Component, Kind
from workflow_sbom.model.parts import Contact, ExternalReference, Hash, Organisation

NO_ASSERTION = "NOASSERTION"
FILENAME = "bsi:component:filename"  # `merging.origin` writes it

_PURPOSES: dict[Kind, str] = {
    "application": "APPLICATION",
    "container": "CONTAINER",
    "data": "OTHER",
    "file": "FILE",
    "firmware": "FIRMWARE",
    "framework": "FRAMEWORK",
    "library": "LIBRARY",
    "operating-system": "OPERATING_SYSTEM",
    "platform": "OTHER",
}
_CATEGORIES = {
    "advisories": ("SECURITY", "advisory"),
    "rfc-9116": ("SECURITY", "url"),
    "security-contact": ("SECURITY", "url"),
}
_WEB = re.compile(
    r"https?://[a-z0-9]+([-.][a-z0-9]+)*\.[a-z]{2,}(:\d{1,5})?(/.*)?", re.IGNORECASE | re.ASCII
)
_SPECIAL = re.compile(r"[^A-Za-z0-9.]", re.ASCII)


def identifier(ref: str) -> str:
    """The SPDXID of a component: as its reference, every other byte in hexadecimal after a dash.

    Two references never share one, and none is the document's own.
    """
    return "SPDXRef-Package-" + _SPECIAL.sub(_escaped, ref)


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    return "--" if char == "-" else "".join(f"-{byte:02X}" for byte in char.encode())


def package(component: Component, licences: Licences, note: Item) -> Item:
    """The package; `note` is an annotation that lacks its words: date, type, annotator."""
    references = sorted(component.references)
    homepage = _first(references, "website")
    return {
        "SPDXID": identifier(component.ref),
        "name": f"{component.group}/{component.name}" if component.group else component.name,
        "downloadLocation": _first(references, "distribution") or NO_ASSERTION,
        "filesAnalyzed": False,
        "primaryPackagePurpose": _PURPOSES[component.kind],
    } | present(
        versionInfo=component.version,
        packageFileName=_file_name(component),
        supplier=organisation(component.supplier) if component.supplier else None,
        originator=_originator(component),
        homepage=homepage,
        checksums=[_checksum(each) for each in sorted(set(component.hashes))],
        copyrightText=component.copyright,
        description=component.description,
        externalRefs=ordered(_references(component.purl, references)),
        annotations=annotated(note, _elsewhere(component)),
        **licences.fields(component),
    )


def annotated(note: Item, facts: Item) -> list[Item]:
    """Facts in CycloneDX's words, as canonical JSON in one annotation; none for none."""
    return [note | {"comment": canonical.encode(facts).decode()}] if facts else []


def organisation(value: Organisation) -> str:
    """An organisation, with its first e-mail address."""
    return _actor("Organization", value.name, min(value.emails, default=""))


def person(value: Contact) -> str:
    """A person; one who gives an e-mail address only goes by it."""
    return _actor("Person", value.name or value.email, value.email)


def _actor(kind: str, name: str, email: str) -> str:
    """Round brackets hold the address; where the name has some, they stand even when empty."""
    bracketed = email or "(" in name or ")" in name
    return f"{kind}: {name} ({email})" if bracketed else f"{kind}: {name}"


def _originator(component: Component) -> str | None:
    if component.manufacturer is not None:
        return organisation(component.manufacturer)
    return person(min(component.authors)) if component.authors else None


def _file_name(component: Component) -> str | None:
    names = (each.value for each in component.properties if each.name == FILENAME)
    return next(names, component.name if component.kind == "file" else None)


def _checksum(value: Hash) -> Item:
    return {"algorithm": value.algorithm.replace("-", ""), "checksumValue": value.hex}


def _first(references: Iterable[ExternalReference], kind: str) -> str | None:
    """The first web address of that kind."""
    return next((each.url for each in references if each.kind == kind and _web(each.url)), None)


def _web(url: str) -> bool:
    return bool(_WEB.fullmatch(url))


def _references(purl: str | None, references: Iterable[ExternalReference]) -> Iterator[Item]:
    if purl is not None:
        yield _reference("PACKAGE-MANAGER", "purl", purl)
    for each in references:
        category, kind = _CATEGORIES.get(each.kind, ("OTHER", each.kind))
        if not _web(each.url):
            category, kind = "OTHER", each.kind
        yield _reference(category, kind, each.url) | present(comment=_comment(each))


def _reference(category: str, kind: str, locator: str) -> Item:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def _comment(reference: ExternalReference) -> str:
    """The words, and the hashes of what is at the address, which have no field."""
    hashes = (f"{each.algorithm} {each.hex}" for each in sorted(set(reference.hashes)))
    return "; ".join(filter(None, (reference.comment, *hashes)))


def _elsewhere(component: Component) -> Item:
    """What SPDX has no field for, or none for all of it."""
    kept = circumstances(component, "1.7")
    if _PURPOSES[component.kind] == "OTHER":
        kept["type"] = component.kind
    for name, value in (("supplier", component.supplier), ("manufacturer", component.manufacturer)):
        if value is not None and (value.urls or len(value.emails) > 1):
            kept[name] = as_cyclonedx(value)
    return kept
