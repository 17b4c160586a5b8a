"""What an artifact is made of: components, the edges between them, and how much is known.

The values follow CycloneDX (https://cyclonedx.org/docs/1.7/json/) and keep its terms. What is not
known is absent (`None`, an empty tuple): no field ever holds a placeholder. Order carries no
meaning; renderers sort. Every value is checked when it is made and raises `ModelError`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError
from workflow_sbom.purl import require_canonical
from workflow_sbom.texts import (
    require_address,
    require_choice,
    require_email,
    require_line,
    require_text,
)

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
Algorithm = Literal["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"]
Acknowledgement = Literal["declared", "concluded"]
Aggregate = Literal["complete", "incomplete", "unknown"]
Phase = Literal["design", "pre-build", "build", "post-build", "operations"]
ReferenceKind = Literal[
    "advisories",
    "bom",
    "build-meta",
    "build-system",
    "chat",
    "distribution",
    "documentation",
    "issue-tracker",
    "license",
    "mailing-list",
    "other",
    "release-notes",
    "rfc-9116",
    "source-distribution",
    "support",
    "vcs",
    "website",
]

_LENGTHS: dict[str, int] = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128}
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Hash:
    """A digest of the component's own bytes; `hex` in lower-case hexadecimal."""

    algorithm: Algorithm
    hex: str

    def __post_init__(self) -> None:
        length = _LENGTHS.get(self.algorithm)
        if length is None or len(self.hex) != length or not _HEX.fullmatch(self.hex):
            raise ModelError(f"{self.hex[:140]!r} is no {self.algorithm} digest in lower-case hex")

    @classmethod
    def sha256(cls, digest: Digest) -> Hash:
        """The SHA-256 digest as a component's hash."""
        return cls("SHA-256", digest.hex)


@dataclass(frozen=True, slots=True, order=True)
class SpdxLicence:
    """A licence as an SPDX expression in canonical spelling (`MIT OR Apache-2.0`).

    `acknowledgement` says whether the authors declare it or somebody concluded it from the files.
    """

    expression: str
    acknowledgement: Acknowledgement = "declared"

    def __post_init__(self) -> None:
        try:
            canonical = canonicalize_license_expression(self.expression)
        except InvalidLicenseExpression as error:
            raise ModelError(f"{self.expression[:80]!r} is no SPDX licence expression") from error
        if canonical != self.expression:
            raise ModelError(f"the SPDX expression {self.expression!r} is spelt {canonical!r}")


@dataclass(frozen=True, slots=True, order=True)
class NamedLicence:
    """A licence that has no SPDX expression: its name, or the words its authors declare it by."""

    name: str
    acknowledgement: Acknowledgement = "declared"

    def __post_init__(self) -> None:
        require_text("the licence name", self.name)


Licence = SpdxLicence | NamedLicence


@dataclass(frozen=True, slots=True, order=True)
class Organisation:
    """Who supplies a component: name, e-mail addresses and web addresses, each as given."""

    name: str
    emails: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_line("the organisation", self.name)
        for email in self.emails:
            require_email(email)
        for url in self.urls:
            require_address(url)


@dataclass(frozen=True, slots=True, order=True)
class Contact:
    """A person, as the component's own metadata gives name and e-mail address."""

    name: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        require_line("the contact", self.name or self.email)
        if self.email:
            require_email(self.email)


@dataclass(frozen=True, slots=True, order=True)
class Property:
    """A fact CycloneDX has no field for; `name` is namespaced (`workflow:go:sum`)."""

    name: str
    value: str

    def __post_init__(self) -> None:
        require_line("the property", self.name)


@dataclass(frozen=True, slots=True, order=True)
class ExternalReference:
    """Something outside the document: an address, and the hashes of what is there.

    The hash of a package's distribution belongs here, on kind `distribution`; a purl serves as the
    address, for a lock names no host.
    """

    kind: ReferenceKind
    url: str
    hashes: tuple[Hash, ...] = ()
    comment: str = ""

    def __post_init__(self) -> None:
        require_choice("external reference", self.kind, get_args(ReferenceKind))
        require_address(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One part of an artifact, or the artifact itself.

    `ref` names it inside the document: make it from what the component is (its purl, a digest, a
    file name), never from a counter or a random number. `purl` is a canonical package URL. `hashes`
    are of the bytes that are really there; hashes of a distribution go on an external reference.
    `external`: not inside the subject, but expected from where it is installed. `components` are
    parts inside this one (assembly).
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
    authors: tuple[Contact, ...] = ()
    external: bool = False
    scope: Scope | None = None
    hashes: tuple[Hash, ...] = ()
    licences: tuple[Licence, ...] = ()
    references: tuple[ExternalReference, ...] = ()
    properties: tuple[Property, ...] = ()
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


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a component needs directly; an empty tuple says it needs nothing.

    A component whose needs are not known has no `Dependency` at all.
    """

    ref: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Composition:
    """How much of the parts (`assemblies`) or needs (`dependencies`) of the named refs is stated.

    References do not cascade: each component meant is named.
    """

    aggregate: Aggregate
    assemblies: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_choice("composition", self.aggregate, get_args(Aggregate))
        if not self.assemblies and not self.dependencies:
            raise ModelError("a composition speaks of at least one component")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sbom:
    """A bill of materials: `subject` is what it describes, `components` what that is made of.

    `phases` says when the facts were gathered. `properties` are facts about the document, such as
    the environment that markers were evaluated for. Raises `ModelError` when a reference stands
    twice or names nothing.
    """

    subject: Component
    components: tuple[Component, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    compositions: tuple[Composition, ...] = ()
    phases: tuple[Phase, ...] = ("build",)
    properties: tuple[Property, ...] = ()

    def __post_init__(self) -> None:
        refs = Counter(component.ref for component in self.walk())
        _require_unique("component", refs)
        _require_unique("dependency of", Counter(edge.ref for edge in self.dependencies))
        for edge in self.dependencies:
            _require_known(f"the dependency of {edge.ref!r}", (edge.ref, *edge.depends_on), refs)
        for composition in self.compositions:
            named = (*composition.assemblies, *composition.dependencies)
            _require_known(f"the composition {composition.aggregate!r}", named, refs)

    def walk(self) -> Iterator[Component]:
        """Every component of the document: the subject, the components, and all nested ones."""
        yield from self.subject.walk()
        for component in self.components:
            yield from component.walk()

    def with_subject(self, subject: Component) -> Sbom:
        """The same document about another subject of the same reference."""
        return replace(self, subject=subject)


def _require_unique(what: str, refs: Counter[str]) -> None:
    twice = sorted(ref for ref, count in refs.items() if count > 1)
    if twice:
        raise ModelError(f"the {what} {twice[0]!r} stands twice ({len(twice)} such references)")


def _require_known(what: str, named: tuple[str, ...], refs: Counter[str]) -> None:
    unknown = sorted(set(named) - refs.keys())
    if unknown:
        raise ModelError(f"{what} names {unknown[0]!r}, which is no component of the document")
