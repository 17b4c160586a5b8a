"""Values of foreign documents as values of ours: what can't be true of a component is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from packageurl import PackageURL

from workflow_sbom.address import is_web_address
from workflow_sbom.errors import ModelError
from workflow_sbom.licensing.declared import declared
from workflow_sbom.model.licence import Licence
from workflow_sbom.model.parts import (
    Algorithm,
    Contact,
    ExternalReference,
    Hash,
    Property,
    ReferenceKind,
)
from workflow_sbom.purl import require_canonical
from workflow_sbom.texts import require_line, require_text

Graph = dict[str | None, set[str]]
"""What each reference of a document needs; None is the document's subject."""

_KINDS = get_args(ReferenceKind)


def line(value: Any) -> str | None:
    """A text fit for one line, else None."""
    try:
        require_line("the text", value if isinstance(value, str) else "")
    except ModelError:
        return None
    return str(value)


def text(value: Any) -> str | None:
    """A text of one or more lines, else None."""
    try:
        require_text("the text", value if isinstance(value, str) else "")
    except ModelError:
        return None
    return str(value)


def package(value: Any) -> str | None:
    """A package URL in canonical spelling, else None."""
    try:
        found = PackageURL.from_string(value).to_string() if isinstance(value, str) else None
        if found is not None:
            require_canonical(found)
    except ValueError:
        return None
    return found


def hashes(pairs: Iterator[tuple[Any, Any]]) -> tuple[Hash, ...]:
    """Pairs of an algorithm, as CycloneDX spells it, and hexadecimal digits."""
    return tuple(sorted({found for name, value in pairs if (found := _hash(name, value))}))


def _hash(name: Any, value: Any) -> Hash | None:
    algorithm: Algorithm
    for algorithm in get_args(Algorithm):
        if name == algorithm and isinstance(value, str):
            try:
                return Hash(algorithm, value.lower())
            except ModelError:
                return None
    return None


def licence(value: Any) -> Licence | None:
    """A licence by expression, identifier or name, else None."""
    return declared(value) if isinstance(value, str) else None


def contact(name: Any, email: Any = None) -> Contact | None:
    """A person with at least a name, else None."""
    try:
        return Contact(line(name) or "", line(email) or "")
    except ModelError:
        return None


def reference(kind: Any, url: Any) -> ExternalReference | None:
    """An address of the web, of a kind we know, else None."""
    if kind not in _KINDS or not isinstance(url, str) or not is_web_address(url):
        return None
    return ExternalReference(kind, url)


def properties(value: Any) -> tuple[Property, ...]:
    """Properties of which both halves are text."""
    pairs = ((line(each.get("name")), text(each.get("value"))) for each in objects(value))
    return tuple(sorted({Property(name, said) for name, said in pairs if name and said}))


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of an array; whatever else is there is passed over."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            yield each
