"""A typed, read-only view over any valid CycloneDX JSON document (1.4 to 1.7).

The decoded JSON stays at hand whole; the view shows what policy, comparison and quality ask for,
and says of each part where in the document it stands.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from workflow_sbom import canonical
from workflow_sbom.errors import Fault, InvalidDocumentError
from workflow_sbom.formats import schemas
from workflow_sbom.formats.cyclonedx import IS

Object: TypeAlias = Mapping[str, Any]

_BOM = b"\xef\xbb\xbf"
_IDENTITY = frozenset(
    {"bom-ref", "type", "name", "group", "version", "purl", "hashes", "properties"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A licence as the document states it: an SPDX expression, an SPDX id or a free name.

    `text` is the licence's own text where the document carries it, `acknowledgement` whether it
    is `declared` by the authors or `concluded` by somebody else.
    """

    kind: Literal["expression", "id", "name"]
    value: str
    text: str | None = None
    acknowledgement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A component of a document; `path` is the JSON path of where it stands.

    Hashes are pairs of algorithm and lower-case hexadecimal digits.
    """

    path: str
    ref: str | None
    kind: str
    name: str
    group: str | None
    version: str | None
    purl: str | None
    licences: tuple[Declared, ...]
    hashes: tuple[tuple[str, str], ...]
    json: Object


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """A valid document: its JSON, and what it says.

    `parts` are all components, those nested in others (and in the subject) included, the subject
    itself excluded. A component that lies in several others and is described once is one part,
    where it is described (`formats.cyclonedx.IS`). `edges` has what each reference depends on
    directly; a reference that the document gives no entry in `dependencies` is absent.
    """

    json: Object
    spec: str
    subject: Part | None
    parts: tuple[Part, ...]
    edges: Mapping[str, tuple[str, ...]]


def read(data: bytes) -> Document:
    """Read a CycloneDX document from outside; a byte order mark before it is passed over.

    Raises `DocumentError` for what is no acceptable JSON and `InvalidDocumentError`, which is
    one, with the path of every fault for what the specification's schema forbids.
    """
    return view(decode(data))


def decode(data: bytes) -> Any:
    """The JSON of a document, a byte order mark before it passed over; raises `DocumentError`."""
    return canonical.decode(data.removeprefix(_BOM))


def view(json: Any) -> Document:
    """The view over decoded JSON; raises `InvalidDocumentError`."""
    if faults := schemas.faults(json):
        raise InvalidDocumentError(faults)
    if "spdxVersion" in json:
        fault = Fault("spdxVersion", "an SPDX document, where a CycloneDX one is expected")
        raise InvalidDocumentError([fault])
    subject = json.get("metadata", {}).get("component")
    inside = _parts(subject.get("components", []), "metadata.component.") if subject else ()
    return Document(
        json=json,
        spec=json["specVersion"],
        subject=_part(subject, "metadata.component") if subject else None,
        parts=_described((*inside, *_parts(json.get("components", []), ""))),
        edges=_edges(json.get("dependencies", [])),
    )


def _parts(components: list[Object], inside: str) -> Iterator[Part]:
    for at, component in enumerate(components):
        path = f"{inside}components[{at}]"
        yield _part(component, path)
        yield from _parts(component.get("components", []), f"{path}.")


def _described(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts without the places where one only stands that is described elsewhere."""
    known = {part.ref: part for part in parts if part.ref and _stands_for(part) is None}
    return tuple(
        part for part in parts if not _only_stands(part, known.get(_stands_for(part) or ""))
    )


def _stands_for(part: Part) -> str | None:
    """The reference of what a component is said to be."""
    properties = part.json.get("properties", [])
    return next((each.get("value") for each in properties if each.get("name") == IS), None)


def _only_stands(part: Part, described: Part | None) -> bool:
    """Whether a component says nothing but which one it is; one that says more is a part."""
    if described is None or not part.json.keys() <= _IDENTITY:
        return False
    fields = ("kind", "name", "group", "version", "purl", "hashes")
    return all(getattr(part, each) == getattr(described, each) for each in fields)


def _part(component: Object, path: str) -> Part:
    return Part(
        path=path,
        ref=component.get("bom-ref"),
        kind=component["type"],
        name=component["name"],
        group=component.get("group"),
        version=component.get("version"),
        purl=component.get("purl"),
        licences=tuple(map(_declared, component.get("licenses", []))),
        hashes=tuple(
            (each["alg"], each["content"].lower()) for each in component.get("hashes", [])
        ),
        json=component,
    )


def _declared(choice: Object) -> Declared:
    if "expression" in choice:
        return Declared(
            kind="expression",
            value=choice["expression"],
            acknowledgement=choice.get("acknowledgement"),
        )
    licence = choice["license"]
    return Declared(
        kind="id" if "id" in licence else "name",
        value=licence["id"] if "id" in licence else licence["name"],
        text=_text(licence["text"]) if "text" in licence else None,
        acknowledgement=licence.get("acknowledgement"),
    )


def _text(attachment: Object) -> str | None:
    """An attached text, its base64 undone; None for bytes that are no text."""
    content: str = attachment["content"]
    if attachment.get("encoding") != "base64":
        return content
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _edges(dependencies: list[Object]) -> Mapping[str, tuple[str, ...]]:
    """Several entries of one reference say one thing together."""
    found: dict[str, dict[str, None]] = {}
    for entry in dependencies:
        found.setdefault(entry["ref"], {}).update(dict.fromkeys(entry.get("dependsOn", [])))
    return MappingProxyType({ref: tuple(needed) for ref, needed in found.items()})


def formulation(document: Document) -> Iterator[Part]:
    """The components of `formulation`: what was needed to make the subject, and is not in it."""
    for at, formula in enumerate(document.json.get("formulation", [])):
        yield from _parts(formula.get("components", []), f"formulation[{at}].")
