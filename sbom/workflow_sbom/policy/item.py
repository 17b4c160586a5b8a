"""What a policy judges of one component, whichever document it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from packageurl import PackageURL

from workflow_sbom.policy.findings import Place

# Made of components that are listed themselves, or of bytes that belong to one.
_NO_PACKAGES = frozenset({"container", "operating-system", "platform", "file", "data", "device"})


@dataclass(frozen=True, slots=True)
class Stated:
    """A licence as a document states it: an SPDX expression or identifier, or other words."""

    text: str
    form: Literal["spdx", "words"] = "spdx"
    concluded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A component: where it is, what it is, and what is stated of it.

    `ships` is false for what was only needed to build. `source` is the source package that a
    Debian package says it is made from (`glibc`, `gcc-14 (14.2.0-19)`), empty when it is of its
    own name, None when the document is silent on sources. `within` is the package URL of the
    document's subject, `ref` what the document refers to the component by.
    """

    where: Place
    kind: str = "library"
    version: str | None = None
    url: PackageURL | None = None
    licences: tuple[Stated, ...] = ()
    ships: bool = True
    source: str | None = None
    within: str = ""
    ref: str = ""

    @property
    def is_package(self) -> bool:
        """Whether it is a thing that is released by itself, rather than made of such things."""
        return self.kind not in _NO_PACKAGES
