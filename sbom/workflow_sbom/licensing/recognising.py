"""Licences concluded from licence files: only where a whole file is one known text.

A text is known by the digest of its words. What differs from one project to the next is taken out
first: the title, lines that state a copyright, who the holder is, numbering and punctuation. A file
with one word more or less is not recognised: nothing is concluded from likeness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import assert_never

from workflow_sbom.digest import Digest
from workflow_sbom.model.licence import Licence, NamedLicence, SpdxLicence

LONGEST = 64 << 10
_COPYRIGHT = re.compile(
    r"^[\W_]*(?:portions )?(?:copyright\b[^\n]*?(?:\(c\)|©|\b(?:19|20)\d\d\b)|©|\(c\))[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_RIGHTS = re.compile(r"^\W*all rights reserved\W*$", re.IGNORECASE | re.MULTILINE)
_TITLE = re.compile(
    r"\A\W*(?:the )?(?:new |modified |revised |simplified )?(?:[23]-clause )?(?:mit|bsd|isc|apache)"
    r"(?: [23]-clause| \d-clause \"?\w+\"?)? licen[cs]e\b[^\n]{0,80}\n",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\s*(?:[*•-]|\(?\d\)?[.)]?|\(?[a-c]\))\s+", re.MULTILINE)
_HOLDER = r"(?:\w+ ){1,25}?"
_HOLDERS = (
    re.compile(rf"\bneither the names? of {_HOLDER}nor the names? of (?:\w+ ){{1,3}}?contributors"),
    re.compile(rf"\bprovided by {_HOLDER}as is\b"),
    re.compile(rf"\bin no event shall {_HOLDER}be liable\b"),
)
_TERMS = re.compile(
    r"\b(?:may|must|not|shall|only|except|permi\w+|licen[cs]\w+|grant\w*)\b", re.IGNORECASE
)
# The SHA-256 of what `words` makes of each text.
_KNOWN = {
    "10c7e8d25f695f876d01bcbdba18f960c077a7dc3e774be384284ab1ae04dc86": "BSD-3-Clause",
    "50d2f66eb02d3a2ff2d589a4d2d8f501554e14b311bf014461f1a0b8f4d09d01": "BSD-2-Clause",
    "c4564ba4406ec02d66458308de5b42b7d7ae2bfc3c60a172a80a54409b1d6e22": "MIT",
    "d6cddbbe27de05247c1b9d9549d765b7d7222c1d1a40e90676d9d7a143307491": "ISC",
    # With its appendix, whose copyright is or is not filled in, and up to or without its last line.
    "c1c978f4c96124d6303c8b0d0f098e54825265fcbf393c07b0e1590c22a9c254": "Apache-2.0",
    "0984979480e0122539e7af2eed2ee5b9958ac1417438a01ac5c8292af2b07875": "Apache-2.0",
    "0020442d9dd97aaec2e82d5a0cc59e88322a993ba1c0aca649b5757912615d31": "Apache-2.0",
    "bd095f88deab78e28295856c0d76bb8047ba07fa78db30a6e1626c703dd3b1d6": "Apache-2.0",
    "d4177518f060428a9d63f610d32b753f32aa57846c86f00b21fc1204dddb0a4b": "Apache-2.0",
}


def recognise(text: str) -> SpdxLicence | None:
    """The licence of which a file holds the whole text and no word more, else None."""
    if len(text) > LONGEST:
        return None
    expression = _KNOWN.get(Digest.of(words(text).encode()).hex)
    return SpdxLicence(expression, "concluded") if expression else None


def concluded(declared: Iterable[Licence], found: SpdxLicence | None) -> SpdxLicence | None:
    """The licence of the one licence file, where nothing that is declared speaks against it.

    Words agree with it when they name its family ("BSD License", BSD-3-Clause).
    """
    if found is None:
        return None
    family = found.expression.partition("-")[0].lower()
    return found if all(_agrees(each, found.expression, family) for each in declared) else None


def _agrees(declared: Licence, expression: str, family: str) -> bool:
    match declared:
        case SpdxLicence():
            return declared.expression == expression
        case NamedLicence():
            return family in declared.name.lower()
        case _:
            assert_never(declared)


def words(text: str) -> str:
    """The words that all copies of one licence have in common, in lower case."""
    plain = _TITLE.sub("", text.replace("\r", ""))
    for line in (_COPYRIGHT, _RIGHTS):
        plain = line.sub(_unless_terms, plain)
    plain = " ".join(re.findall(r"[a-z0-9]+", _NUMBERING.sub(" ", plain).lower()))
    for phrase in _HOLDERS:
        plain = phrase.sub(_ends, plain)
    return plain


def _unless_terms(found: re.Match[str]) -> str:
    """Nothing, but for a line that hides a term behind a copyright."""
    return found[0] if _TERMS.search(found[0]) else ""


def _ends(found: re.Match[str]) -> str:
    """A phrase without the holder in its middle, but for one that hides a term there."""
    first, *holder, last = found[0].split()
    inner = " ".join(holder).removeprefix("no event shall ")
    return found[0] if _TERMS.search(inner) else f"{first} {last}"
