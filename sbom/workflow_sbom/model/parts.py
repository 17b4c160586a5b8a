"""The small values that components are described with: hashes, people, references, properties.

The values follow CycloneDX (https://cyclonedx.org/docs/1.7/json/) and keep its terms. What is not
known is absent (`None`, an empty tuple): no field ever holds a placeholder. Every value is checked
when it is made and raises `ModelError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError
from workflow_sbom.texts import require_address, require_choice, require_email, require_line

Algorithm = Literal["MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"]
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
    "security-contact",
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
