"""Licences: an SPDX expression where there is one, else the words they are declared by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from workflow_sbom.errors import ModelError
from workflow_sbom.texts import require_text

Acknowledgement = Literal["declared", "concluded"]

_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class LicenceText:
    """The text of a licence that SPDX has no identifier for, by its `LicenseRef-…`."""

    identifier: str
    text: str

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.identifier):
            raise ModelError(f"{self.identifier[:80]!r} is no LicenseRef- of SPDX")
        require_text("the licence text", self.text)


@dataclass(frozen=True, slots=True, order=True)
class SpdxLicence:
    """A licence as an SPDX expression in canonical spelling (`MIT OR Apache-2.0`).

    `acknowledgement` says whether the authors declare it or somebody concluded it from the files;
    `texts` are those of the `LicenseRef-` identifiers in it, as far as they are known.
    """

    expression: str
    acknowledgement: Acknowledgement = "declared"
    texts: tuple[LicenceText, ...] = ()

    def __post_init__(self) -> None:
        try:
            canonical = canonicalize_license_expression(self.expression)
        except InvalidLicenseExpression as error:
            raise ModelError(f"{self.expression[:80]!r} is no SPDX licence expression") from error
        if canonical != self.expression:
            raise ModelError(f"the SPDX expression {self.expression!r} is spelt {canonical!r}")
        named = set(_REFERENCE.findall(self.expression))
        for each in self.texts:
            if each.identifier not in named:
                raise ModelError(f"the text of {each.identifier!r}, which the expression lacks")


@dataclass(frozen=True, slots=True, order=True)
class NamedLicence:
    """A licence that has no SPDX expression: its name, or the words its authors declare it by.

    `text` is the whole licence where it is known, else empty.
    """

    name: str
    acknowledgement: Acknowledgement = "declared"
    text: str = ""

    def __post_init__(self) -> None:
        require_text("the licence name", self.name)
        require_text("the licence text", self.text or None)


Licence = SpdxLicence | NamedLicence
