"""One part of an artifact, and how it was recognised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from workflow_sbom.model.licence import Licence
from workflow_sbom.model.parts import (
    Algorithm,
    Contact,
    ExternalReference,
    Hash,
    Organisation,
    Property,
)
from workflow_sbom.purl import require_canonical
from workflow_sbom.texts import require_choice, require_line, require_text

Kind = Literal[
    "application",
    "container",
    "data",
    "file",
    "firmware",
    "framework",
    "library",
    "operating-system",
    "platform",
]
Scope = Literal["required", "optional", "excluded"]
Technique = Literal[
    "ast-fingerprint",
    "attestation",
    "binary-analysis",
    "filename",
    "hash-comparison",
    "instrumentation",
    "manifest-analysis",
    "source-code-analysis",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How a component was recognised beyond doubt, and where in the subject it lies.

    `occurrences` are paths inside the subject; a component that is one file has one.
    """

    technique: Technique
    occurrences: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_choice("technique", self.technique, get_args(Technique))
        for path in self.occurrences:
            require_line("the occurrence", path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part of an artifact, or the artifact itself.

    `ref` names it inside the document: make it from what the component is (its purl, a digest, a
    file name), never from a counter or a random number. `purl` is a canonical package URL. `hashes`
    are of the bytes that are really there; hashes of a distribution go on an external reference.
    `supplier` distributes it, `manufacturer` made it. `external`: not inside the subject, but
    expected from where it is installed. `components` are parts inside this one (assembly).
    """

    ref: str
    kind: Kind
    name: str
    group: str | None = None
    version: str | None = None
    purl: str | None = None
    description: str | None = None
    copyright: str | None = None
    supplier: Organisation | None = None
    manufacturer: Organisation | None = None
    authors: tuple[Contact, ...] = ()
    external: bool = False
    scope: Scope | None = None
    hashes: tuple[Hash, ...] = ()
    licences: tuple[Licence, ...] = ()
    references: tuple[ExternalReference, ...] = ()
    properties: tuple[Property, ...] = ()
    evidence: Evidence | None = None
    components: tuple[Component, ...] = ()

    def __post_init__(self) -> None:
        require_choice("component", self.kind, get_args(Kind))
        require_line("the reference", self.ref)
        require_line("the name", self.name)
        require_line("the group", self.group)
        require_line("the version", self.version)
        require_text("the description", self.description)
        require_text("the copyright", self.copyright)
        if self.purl is not None:
            require_canonical(self.purl)

    def walk(self) -> Iterator[Component]:
        """This component and everything nested in it."""
        yield self
        for part in self.components:
            yield from part.walk()

    def hash(self, algorithm: Algorithm) -> str | None:
        """The component's digest by that algorithm, if it is known."""
        return next((hash_.hex for hash_ in self.hashes if hash_.algorithm == algorithm), None)
