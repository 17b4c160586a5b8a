"""Licences in SPDX 2.3: one expression a field, and the texts of what the list has no name for.

A `LicenseRef-` means one text in a whole document. Where components mean different texts by one
identifier, each gets an identifier of its own, with a digest of the text. A licence that is only
known by the words it is declared with becomes a `LicenseRef-` of those words; they are its
extracted text when the licence itself is not at hand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError
from workflow_sbom.model.component import Component
from workflow_sbom.model.licence import Acknowledgement, Licence, NamedLicence, SpdxLicence

NOT_AT_HAND = "The text of the licence is not at hand; this is what it is declared by."
NOT_COMBINED = "Several licences are stated apart; AND is the cautious reading."

_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+", re.ASCII)
_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9.]+", re.ASCII)
_LONGEST_WORDS = 40


@dataclass(frozen=True, slots=True)
class Licences:
    """The licences of one document; `texts` are those of each `LicenseRef-`, "" where unknown."""

    texts: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, components: Iterable[Component]) -> Licences:
        """Gather what each identifier means."""
        texts: dict[str, set[str]] = defaultdict(set)
        for each in components:
            for licence in each.licences:
                for identifier, text in _meant(licence):
                    texts[identifier].add(text)
        return cls({identifier: frozenset(found) for identifier, found in texts.items()})

    def fields(self, component: Component) -> dict[str, Any]:
        """The licence fields of a package: those that something is known for."""
        declared = self._stated(component, "declared")
        concluded = self._stated(component, "concluded")
        several = len(declared) > 1 or len(concluded) > 1
        return {
            "licenseDeclared": _all_of(declared),
            "licenseConcluded": _all_of(concluded),
            "licenseComments": NOT_COMBINED if several else None,
        }

    def extracted(self) -> list[dict[str, Any]]:
        """`hasExtractedLicensingInfos`: every `LicenseRef-` of the document with its text.

        Raises `ModelError` when one declares the very identifier that another's text is given.
        """
        found = [
            (self._name(identifier, text), identifier, text)
            for identifier, texts in self.texts.items()
            for text in texts
        ]
        if len({name for name, _, _ in found}) < len(found):
            raise ModelError("two licences with different texts claim one LicenseRef- identifier")
        return [_extracted(name, identifier, text) for name, identifier, text in sorted(found)]

    def _stated(self, component: Component, how: Acknowledgement) -> list[str]:
        licences = (each for each in component.licences if each.acknowledgement == how)
        return sorted({self._expression(each) for each in licences})

    def _expression(self, licence: Licence) -> str:
        names = {identifier: self._name(identifier, text) for identifier, text in _meant(licence)}
        match licence:
            case SpdxLicence():
                return _REFERENCE.sub(lambda found: names[found[0]], licence.expression)
            case NamedLicence():
                return next(iter(names.values()))
            case _:
                assert_never(licence)

    def _name(self, identifier: str, text: str) -> str:
        if len(self.texts[identifier]) == 1 or not text:
            return _fitting(identifier)
        return f"{_fitting(identifier)}-{Digest.of(text.encode()).hex[:32]}"


def _meant(licence: Licence) -> Iterator[tuple[str, str]]:
    """Each identifier of a licence that the SPDX list lacks, with its text."""
    match licence:
        case SpdxLicence():
            texts = {each.identifier: each.text for each in licence.texts}
            for identifier in sorted(set(_REFERENCE.findall(licence.expression))):
                yield identifier, texts.get(identifier, "")
        case NamedLicence():
            yield licence.name, licence.text
        case _:
            assert_never(licence)


def _fitting(identifier: str) -> str:
    """An identifier as it stands; words made into one, with a digest that tells them apart."""
    if _REFERENCE.fullmatch(identifier):
        return identifier
    words = _NO_IDENTIFIER.sub("-", identifier)[:_LONGEST_WORDS].strip("-.")
    digest = Digest.of(identifier.encode()).hex[:32]
    return f"LicenseRef-{words}-{digest}" if words else f"LicenseRef-{digest}"


def _all_of(expressions: list[str]) -> str | None:
    """One expression of several; None of none."""
    if len(expressions) > 1:
        expressions = [f"({each})" if " " in each else each for each in expressions]
    return " AND ".join(expressions) or None


def _extracted(name: str, identifier: str, text: str) -> dict[str, Any]:
    info = {"licenseId": name, "extractedText": text or identifier}
    if name != identifier:
        info["name"] = identifier
    return info if text else info | {"comment": NOT_AT_HAND}
