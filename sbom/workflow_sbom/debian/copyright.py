"""What a Debian copyright file (`usr/share/doc/PACKAGE/copyright`) declares.

Format: machine-readable debian/copyright files, version 1.0 ("DEP-5"),
https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/. Read as leniently as the text is
unambiguous; a file that is not of that form, as a fifth of Debian's are not, is one licence of its
own: a `LicenseRef-` with the whole file as its text. Nothing that is declared is lost. A name that
says too little stands for the licence that its text is, word for word, where it is a known one.

The licence of a package is the conjunction of all its paragraphs. Those for `debian/*` or tests
count as well: a binary package holds scripts and files from `debian/` and is built with the
patches in it, and which other files reach it the copyright file does not say. Who keeps all of
these terms keeps those of the package; what is claimed is what was declared, nothing is concluded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from workflow_sbom.debian.paragraphs import Paragraph, read_leniently
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.licensing import debian, recognising, synopsis
from workflow_sbom.licensing.synopsis import All, Any, Name, Terms
from workflow_sbom.model.licence import LicenceText, SpdxLicence
from workflow_sbom.texts import readable

MAX_BYTES = 2 << 20
MAX_LICENCES = 500
MAX_HOLDERS = 32 << 10  # characters
_STATEMENT = re.compile(
    r".{0,40}?(?:©|\bcopyright\s{0,3}(?:\(c\)|©)?)\s{0,3}[12][0-9]{3}\b.{0,200}", re.IGNORECASE
)
_COMPOUND = re.compile(r" (AND|OR) ")
_SLUG = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Copyright:
    """What the file declares: the licence of the package, and who holds its copyright.

    `holders` are the statements as they stand, one a line, or None where there is none;
    `machine_readable` tells whether the file is of the standard form.
    """

    licence: SpdxLicence
    holders: str | None
    machine_readable: bool


def read(data: bytes, origin: str) -> Copyright:
    """What a copyright file declares; `origin` names it in messages.

    Raises `InventoryError` for a file that is too large to be one, or empty.
    """
    if len(data) > MAX_BYTES:
        raise InventoryError(f"{origin}: {len(data)} bytes; at most {MAX_BYTES} are read")
    text = readable(data.decode("utf-8", errors="replace")).removeprefix("\ufeff")
    if not text.strip():
        raise InventoryError(f"{origin}: an empty copyright file; install the package again")
    return _structured(text) or _free(text)


def _free(text: str) -> Copyright:
    identifier = _reference("copyright", text)
    lines = (line.strip() for line in text.split("\n"))
    known = recognising.recognise(text)
    return Copyright(
        licence=SpdxLicence(known.expression)
        if known
        else SpdxLicence(identifier, texts=(LicenceText(identifier, text),)),
        holders=_holders(line for line in lines if _STATEMENT.fullmatch(line)),
        machine_readable=False,
    )


def _structured(text: str) -> Copyright | None:
    """The file by its paragraphs; None when it is not of the standard form."""
    paragraphs = read_leniently(text)
    if not paragraphs or not _is_standard(paragraphs):
        return None
    terms = _Terms(_texts(paragraphs))
    declared = [each for each in paragraphs if "files" in each or each is paragraphs[0]]
    conjuncts: set[str] = set()
    for each in declared:
        conjuncts |= terms.conjuncts(*_licence(each)) if "license" in each else set()
        if len(conjuncts) > MAX_LICENCES or terms.size > MAX_BYTES:
            return None
    return Copyright(
        licence=SpdxLicence(_joined("AND", conjuncts), texts=terms.texts),
        holders=_holders(
            line for each in declared for line in each.get("copyright", "").split("\n")
        ),
        machine_readable=True,
    )


def _is_standard(paragraphs: Iterable[Paragraph]) -> bool:
    """A header that names the format, or paragraphs about files; each of these has a licence."""
    first, *others = paragraphs
    about_files = [each for each in (first, *others) if "files" in each]
    says_so = any(key.startswith("format") for key in first)
    whole = all("license" in each for each in about_files)
    return whole and bool(about_files or (says_so and "license" in first))


def _licence(paragraph: Paragraph) -> tuple[str, str]:
    """The synopsis and the text of a `License` field; a single line below it is the synopsis."""
    first, _, text = paragraph["license"].partition("\n")
    if not first.strip() and "\n" not in text:
        return text.strip(), ""
    return first.strip(), _unescaped(text)


def _unescaped(text: str) -> str:
    lines = ("" if line.strip() == "." else line.rstrip() for line in text.split("\n"))
    return "\n".join(lines).strip("\n")


def _texts(paragraphs: Iterable[Paragraph]) -> Mapping[str, str]:
    """The texts of the paragraphs that are about a licence alone, by what they call it."""
    found: dict[str, str] = {}
    for each in paragraphs:
        if "license" in each and "files" not in each:
            name, text = _licence(each)
            found.setdefault(_key(name), text)
    return found


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


class _Terms:
    """Turns the terms of one file into SPDX, and keeps the texts of the names SPDX has not."""

    def __init__(self, standing: Mapping[str, str]) -> None:
        self._standing = standing
        self._known: dict[tuple[str, str], str] = {}
        self._texts: dict[str, str] = {}
        self.size = 0

    @property
    def texts(self) -> tuple[LicenceText, ...]:
        """Those of each `LicenseRef-`, as far as the file gives them."""
        return tuple(LicenceText(*each) for each in sorted(self._texts.items()))

    def conjuncts(self, name: str, text: str) -> set[str]:
        """The terms of a paragraph as expressions that all apply."""
        terms = synopsis.parse(name)
        whole = text or self._standing.get(_key(name), "")
        if isinstance(terms, Name):
            return {self._identifier(name, whole, whole)}
        parts = terms.parts if isinstance(terms, All) else (terms,)
        return {self._expression(part, whole) for part in parts}

    def _expression(self, terms: Terms, text: str) -> str:
        match terms:
            case Name(name):
                return self._identifier(name, self._standing.get(_key(name), ""), text)
            case All(parts):
                return _joined("AND", {self._expression(part, text) for part in parts})
            case Any(parts):
                return _joined("OR", {self._expression(part, text) for part in parts})
            case _:
                assert_never(terms)

    def _identifier(self, name: str, own: str, shared: str) -> str:
        """By a text of its own, else by one that several names share: known once, never anew."""
        key = name, own or shared
        if key not in self._known:
            found = debian.identifier(name) or _of_text(name, own)
            self._known[key] = found or self._referred(*key)
        return self._known[key]

    def _referred(self, name: str, text: str) -> str:
        reference = _reference(name, text)
        if text.strip():
            self._texts[reference] = text
            self.size += len(text)
        return reference


def _of_text(name: str, text: str) -> str | None:
    """The licence that a text is beyond doubt."""
    if _key(name) == "mit" and debian.is_expat(text):
        return "MIT"
    found = recognising.recognise(text)
    return found.expression if found else None


def _reference(name: str, text: str) -> str:
    """The same for the same name and text alone: another text under that name is another."""
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", name)[:_SLUG].strip("-.") or "unnamed"
    digest = Digest.of(f"{name}\0{text}".encode()).hex[:16]
    return f"LicenseRef-debian-{slug}-{digest}"


def _joined(operator: str, parts: set[str]) -> str:
    if len(parts) == 1:
        return next(iter(parts))
    return f" {operator} ".join(f"({x})" if _COMPOUND.search(x) else x for x in sorted(parts))


def _holders(lines: Iterable[str]) -> str | None:
    """The statements, each once and in their order, as many as a document can well hold."""
    kept: list[str] = []
    size = 0
    unique = dict.fromkeys(" ".join(line.split()) for line in lines)
    for line in (line for line in unique if line not in {"", "."}):
        size += len(line) + 1
        if size > MAX_HOLDERS:
            kept.append("… and others, whom the copyright file names")
            break
        kept.append(line)
    return "\n".join(kept) or None
