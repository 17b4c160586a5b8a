"""The fields that a bill of materials is asked for, and where each may stand.

Who asks: NTIA minimum elements (2021), CISA's of 2025, BSI TR-03183-2 2.1, CISA's framing document
(3rd edition), the OpenSSF's and OWASP's scorers. The weights of the categories are those of sbomqs,
whose category for vulnerabilities is left out: a bill of materials need not carry them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workflow_sbom.documents.view import Document, Part
from workflow_sbom.errors import ModelError
from workflow_sbom.licensing.expressions import parse, terms
from workflow_sbom.policy.quality.placeholders import is_placeholder

Category = Literal[
    "structure", "provenance", "identification", "integrity", "completeness", "licensing"
]
WEIGHTS: Mapping[Category, int] = {
    "structure": 8,
    "provenance": 12,
    "identification": 10,
    "integrity": 15,
    "completeness": 12,
    "licensing": 15,
}
_STRONG = frozenset(
    {"SHA-256", "SHA-384", "SHA-512", "SHA3-256", "SHA3-384", "SHA3-512", "BLAKE2b-256",
     "BLAKE2b-384", "BLAKE2b-512", "BLAKE3"}
)  # fmt: skip
_AGGREGATES = frozenset({"container", "operating-system", "platform", "device"})
_FILES = frozenset({"file", "data"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One place that is asked for a field, whether it has a true value there, and of what part."""

    path: str
    present: bool
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the checklist; `weight` is its share of its category."""

    category: Category
    name: str
    places: Callable[[Document], Iterable[Asked]]
    weight: int = 1


def said(json: Mapping[str, Any], *keys: str) -> bool:
    """Whether an object has a true value for one of the keys."""
    return any(json.get(key) and not is_placeholder(key, json[key]) for key in keys)


def _of_document(path: str, test: Callable[[Mapping[str, Any]], bool]) -> Callable[..., Any]:
    def places(document: Document) -> Iterator[Asked]:
        yield Asked(path, test(document.json))

    return places


def _of_metadata(key: str, test: Callable[[Mapping[str, Any]], bool]) -> Callable[..., Any]:
    return _of_document(f"metadata.{key}", lambda json: test(json.get("metadata", {})))


def _of_parts(
    wanted: Callable[[Part], bool], test: Callable[[Part], bool]
) -> Callable[[Document], Iterable[Asked]]:
    def places(document: Document) -> Iterator[Asked]:
        for part in _judged(document):
            if wanted(part):
                yield Asked(part.path, test(part), part)

    return places


def _judged(document: Document) -> Iterator[Part]:
    """The subject, where it is a package rather than the sum of its parts, and all components."""
    if document.subject and document.subject.purl:
        yield document.subject
    yield from document.parts


def _is_package(part: Part) -> bool:
    return part.kind not in _AGGREGATES | _FILES


def _is_versioned(part: Part) -> bool:
    return part.kind not in _FILES


def _has_bytes(part: Part) -> bool:
    return part.kind not in _AGGREGATES


def _spec(json: Mapping[str, Any]) -> bool:
    return json["specVersion"] in ("1.6", "1.7")


def _tools(metadata: Mapping[str, Any]) -> bool:
    tools = metadata.get("tools", [])
    listed = tools if isinstance(tools, list) else [*tools.get("components", []),
                                                    *tools.get("services", [])]  # fmt: skip
    return any(said(tool, "name") and said(tool, "version") for tool in listed)


def _author(metadata: Mapping[str, Any]) -> bool:
    people = [*metadata.get("authors", [])]
    makers = [metadata.get(key, {}) for key in ("manufacturer", "manufacture")]
    return any(said(each, "name", "email", "url") for each in (*people, *makers))


def _supplier(metadata: Mapping[str, Any]) -> bool:
    return said(metadata.get("supplier", {}), "name")


def _phase(metadata: Mapping[str, Any]) -> bool:
    return any(said(each, "phase", "name") for each in metadata.get("lifecycles", []))


def _data_licence(metadata: Mapping[str, Any]) -> bool:
    return any(
        said(each, "expression") or said(each.get("license", {}), "id", "name")
        for each in metadata.get("licenses", [])
    )


def _digest(part: Part) -> bool:
    outside = (
        each
        for reference in part.json.get("externalReferences", [])
        for each in reference.get("hashes", [])
    )
    found = [*part.hashes, *((each["alg"], each["content"]) for each in outside)]
    return any(alg in _STRONG and len(set(text)) > 1 for alg, text in found)


def _maker(part: Part) -> bool:
    organisations = [part.json.get(key, {}) for key in ("supplier", "manufacturer")]
    people = part.json.get("authors", [])
    return said(part.json, "publisher", "author") or any(
        said(each, "name", "email", "url") for each in (*organisations, *people)
    )


def _licence(part: Part) -> bool:
    """SPDX's own identifiers, or the text of what it does not list."""
    return any(
        bool(each.text) or (each.kind != "name" and _is_listed(each.value))
        for each in part.licences
        if not is_placeholder("name", each.value)
    )


def _is_listed(expression: str) -> bool:
    try:
        return all(term.known or "Ref-" in str(term) for term in terms(parse(expression)))
    except ModelError:
        return False


def _edges(document: Document) -> Iterator[Asked]:
    """Leaves are told from components whose dependencies nobody looked at."""
    subject = (document.subject,) if document.subject else ()
    for part in (*subject, *document.parts):
        if _has_bytes(part) and part.kind not in _FILES:
            yield Asked(part.path, part.ref in document.edges, part)


FIELDS: tuple[Field, ...] = (
    Field("structure", "specVersion 1.6 or later", _of_document("specVersion", _spec)),
    Field(
        "structure",
        "serialNumber",
        _of_document("serialNumber", lambda json: said(json, "serialNumber")),
    ),
    Field(
        "structure",
        "metadata.component",
        _of_metadata("component", lambda metadata: "component" in metadata),
    ),
    Field(
        "provenance",
        "metadata.timestamp",
        _of_metadata("timestamp", lambda metadata: said(metadata, "timestamp")),
    ),
    Field("provenance", "a tool with its version", _of_metadata("tools", _tools)),
    Field("provenance", "who wrote the document", _of_metadata("authors", _author)),
    Field("provenance", "who supplies the subject", _of_metadata("supplier", _supplier)),
    Field("provenance", "the phase it was written in", _of_metadata("lifecycles", _phase)),
    Field("provenance", "the licence of the document", _of_metadata("licenses", _data_licence)),
    Field(
        "identification",
        "version",
        _of_parts(_is_versioned, lambda part: said(part.json, "version")),
    ),
    Field(
        "identification",
        "purl, cpe or swid",
        _of_parts(_is_package, lambda part: said(part.json, "purl", "cpe", "swid")),
    ),
    Field("integrity", "a hash of SHA-256 or better", _of_parts(_has_bytes, _digest)),
    Field("completeness", "an entry in dependencies", _edges),
    Field(
        "completeness",
        "compositions",
        _of_document("compositions", lambda json: said(json, "compositions")),
    ),
    Field("completeness", "who makes or supplies it", _of_parts(_is_package, _maker)),
    Field("licensing", "licences", _of_parts(_is_package, _licence), weight=3),
    Field(
        "licensing",
        "copyright",
        _of_parts(_is_package, lambda part: said(part.json, "copyright")),
    ),
)
