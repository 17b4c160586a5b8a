"""Several CycloneDX documents as one, as JSON: no statement of any of them is lost.

The result is a function of the set of documents: their order and repetition have no effect. What
is merged may be merged again; in steps it gives the same as at once unless two documents disagree,
by one reference for different things or by things that seem one and contradict. Then, too, nothing
is lost, but what stands apart depends on what met first. The result is of the highest version
among them. What can't survive is said: signatures, for what they signed is not as it was.

- Components (and services) that are one thing are stated once; see `joining`.
- References hold in their own document only. Where two documents mean different things by one,
  both get another, everywhere; see `naming`.
- A subject that all have stays the subject; otherwise each becomes a component.
- A composition that names nothing is about its document's subject, and says so then.
- A citation points to where what it cites is now; see `positions`.
- Each document with a serial number is named by its BOM-Link, in an external reference `bom`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.documents.agreeing import Agreed, agree
from workflow_sbom.documents.joining import Object, united
from workflow_sbom.documents.positions import Positions
from workflow_sbom.documents.references import carriers, renamed
from workflow_sbom.documents.uniting import unite
from workflow_sbom.documents.view import Document
from workflow_sbom.errors import DocumentError, InvalidDocumentError
from workflow_sbom.formats import schemas

_SERIALS = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/bom#merged")
_HEAD = frozenset({"$schema", "bomFormat", "specVersion", "serialNumber", "version", "signature"})
_SCOPES = frozenset({"assemblies", "dependencies", "vulnerabilities", "signature"})
_MIXING = "1.7"  # where an expression and other licences stand in one list


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """The merged document, and what its reader should know of how it came to be."""

    json: Object
    notices: tuple[str, ...]

    def document(self) -> bytes:
        """The document as canonical JSON with a final newline."""
        return canonical.document(self.json)


def merge(documents: Iterable[Document], *, subject: Object | None = None) -> Merged:
    """One document that says what all of them say.

    `subject` is a component (with a `bom-ref`) that the whole is about and that depends on the
    subject of each. Raises `DocumentError` when there is nothing to merge or the reference is
    taken, `InvalidDocumentError` when what an older version allows can't be said in the highest.
    """
    different = {canonical.encode(each.json): each.json for each in documents}
    sources = tuple(different[text] for text in sorted(different))
    if not sources:
        raise DocumentError("no document to merge", remedy="name at least one")
    agreed = agree(sources, with_subject=subject is None)
    content = _content(sources, agreed)
    if subject is not None:
        content = _headed_by(subject, content, [*_subjects(sources, agreed)])
    content |= _citations(sources, agreed, content)
    spec = max(source["specVersion"] for source in sources)
    written = _numbered(content, _able(spec, content))
    if faults := schemas.faults(written):
        raise InvalidDocumentError(faults)
    return Merged(written, (*_notices(sources, agreed, spec, written),))


def _subjects(sources: Sequence[Object], agreed: Agreed) -> Iterator[str]:
    """What the subjects of the sources are called in the merged document."""
    for number, source in enumerate(sources):
        ref = source.get("metadata", {}).get("component", {}).get("bom-ref")
        if ref is not None:
            yield agreed.names.get(number, {}).get(ref, ref)


def _headed_by(subject: Object, content: Object, subjects: Sequence[str]) -> dict[str, Any]:
    """The content as that of a subject of its own."""
    ref = subject["bom-ref"]
    if any(each["bom-ref"] == ref for each in carriers(content)):
        raise DocumentError(
            f"the reference {ref[:80]!r} is taken by a part of the documents",
            remedy="give the merged subject another name or version",
        )
    edges = {"ref": ref, "dependsOn": sorted({*subjects})}
    return {
        **content,
        "metadata": {**content.get("metadata", {}), "component": subject},
        "dependencies": united([content.get("dependencies", []), [edges]]),
    }


def _content(sources: Sequence[Object], agreed: Agreed) -> dict[str, Any]:
    """Everything but the members that say which document it is."""
    common = bool(agreed.parts["subject"])
    bodies = [
        renamed(_body(source, common=common), agreed.names.get(number, {}))
        for number, source in enumerate(sources)
    ]
    content = unite(bodies)
    if common:
        (subject,) = agreed.parts["subject"]
        content["metadata"]["component"] = subject
    for member in ("components", "services"):
        if agreed.parts[member] or any(member in source for source in sources):
            content[member] = united([[], agreed.parts[member]])
    if links := [*_links(sources)]:
        content["externalReferences"] = united([content.get("externalReferences", []), links])
    return content


def _body(source: Object, *, common: bool) -> Object:
    """What is united with the same of other documents."""
    body = {
        name: value
        for name, value in source.items()
        if name not in _HEAD and name not in {"components", "services", "citations"}
    }
    metadata = source.get("metadata", {})
    if "component" in metadata:
        body["metadata"] = {name: metadata[name] for name in metadata if name != "component"}
    if "compositions" in source and not common:
        ref = metadata.get("component", {}).get("bom-ref")
        body["compositions"] = [_about(ref, each) for each in source["compositions"]]
    return body


def _about(subject: str | None, composition: Object) -> Object:
    """A composition that names nothing is of the whole document: in another, of its subject."""
    if subject is None or not _SCOPES.isdisjoint(composition):
        return composition
    return {**composition, "assemblies": [subject]}


def _citations(sources: Sequence[Object], agreed: Agreed, content: Object) -> dict[str, Any]:
    """The citations of all, each pointing to where what it cites is now."""
    positions = Positions(content)
    lists = [
        [_citation(positions, source, each) for each in source["citations"]]
        for source in (
            renamed(source, agreed.names.get(number, {})) for number, source in enumerate(sources)
        )
        if "citations" in source
    ]
    return {"citations": united(lists)} if lists else {}


def _citation(positions: Positions, source: Object, citation: Object) -> Object:
    if "pointers" not in citation:
        return citation
    moved = [_moved(positions, source, pointer) for pointer in citation["pointers"]]
    return citation if moved == citation["pointers"] else _pointing(citation, moved)


def _moved(positions: Positions, source: Object, pointer: str) -> str:
    """Where a pointer points now; one that pointed to nothing stays as it is."""
    try:
        return positions.of(source, pointer)
    except LookupError:
        return pointer


def _pointing(citation: Object, pointers: list[str]) -> Object:
    """What was signed is not what it was."""
    unsigned = {name: value for name, value in citation.items() if name != "signature"}
    return unsigned | {"pointers": list(dict.fromkeys(pointers))}


def _links(sources: Iterable[Object]) -> Iterator[Object]:
    """The sources by BOM-Link; one that was merged here names its own sources already."""
    for source in sources:
        serial = source.get("serialNumber")
        if serial and serial != _serial(source):
            name = serial.removeprefix("urn:uuid:")
            yield {"type": "bom", "url": f"urn:cdx:{name}/{source.get('version', 1)}"}


def _numbered(content: Object, spec: str) -> Object:
    written = {
        **content,
        "$schema": f"http://cyclonedx.org/schema/bom-{spec}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec,
        "version": 1,
    }
    return written | {"serialNumber": _serial(written)}


def _serial(document: Object) -> str:
    """The serial number that a merged document of this content has."""
    content = {name: value for name, value in document.items() if name != "serialNumber"}
    return f"urn:uuid:{uuid.uuid5(_SERIALS, Digest.of(canonical.encode(content)).hex)}"


def _able(spec: str, content: Object) -> str:
    """The version, or the first one in which licences that came together may stand so."""
    return _MIXING if spec in {"1.5", "1.6"} and _mixes(content) else spec


def _mixes(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_mixes, value))
    if not isinstance(value, dict):
        return False
    licences = value.get("licenses", [])
    if len(licences) > 1 and any("expression" in each for each in licences):
        return True
    return any(map(_mixes, value.values()))


def _notices(
    sources: Sequence[Object], agreed: Agreed, spec: str, written: Object
) -> Iterator[str]:
    if signed := sum("signature" in source for source in sources):
        yield f"the signature of {signed} document(s) is left out: what it signed is changed"
    if lost := _signatures(sources) - signed - _signatures(written):
        yield f"{lost} signature(s) inside are left out or stood twice"
    if written["specVersion"] != spec:
        yield f"version {_MIXING}, for licences that came together can't stand so in {spec}"
    found = sum("expressions" in each for each in written.get("citations", []))
    if found and len(sources) > 1:
        yield f"{found} citation(s) by expression, which may match other things now"
    if changed := sum(map(len, agreed.names.values())):
        yield f"{changed} reference(s) renamed, so that each means one thing in all documents"


def _signatures(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return sum(map(_signatures, value))
    if not isinstance(value, dict):
        return 0
    return ("signature" in value) + sum(map(_signatures, value.values()))
