"""SPDX licence expressions as trees, and what a rule for licences makes of a whole expression.

Grammar: SPDX specification 2.3, annex D, operators in any case. Identifiers are spelt as
`packaging` knows SPDX's list, deprecated ones as their successors (`GPL-2.0+` is
`GPL-2.0-or-later`). `license-expression` is not asked: it reads `MIT AND ISC AND` and takes some
`LicenseRef-` for the licence it resembles.

A licence is looked at as the set of versions it lets the receiver choose from: `GPL-2.0-or-later`
covers `GPL-3.0-only`, and so does `Apache-1.1+` with `Apache-2.0`.
"""

from __future__ import annotations

import difflib
import functools
import itertools
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from importlib import resources
from typing import assert_never

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from workflow_sbom.errors import ModelError

MAX_LENGTH = 20_000
MAX_DEPTH = 50
_WORD = re.compile(r"[()]|[^\s()]+")
_OPERATORS = frozenset({"(", ")", "and", "or", "with"})
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:+-]*", re.ASCII)
_REFERENCE = re.compile(
    r"(DocumentRef-[A-Za-z0-9.-]+:)?(LicenseRef|AdditionRef)-[A-Za-z0-9.-]+",
    re.ASCII | re.IGNORECASE,
)
_VERSIONED = re.compile(r"(.+?)-(\d+(?:\.\d+)*)(-only|-or-later|\+)?", re.ASCII)
_GNU = re.compile(r"((?:A|L)?GPL|GFDL)-(\d\.\d)(\+?)", re.ASCII)
_WITH = {
    "GPL-2.0-with-GCC-exception": ("GPL-2.0-only", "GCC-exception-2.0"),
    "GPL-2.0-with-autoconf-exception": ("GPL-2.0-only", "Autoconf-exception-2.0"),
    "GPL-2.0-with-bison-exception": ("GPL-2.0-only", "Bison-exception-2.2"),
    "GPL-2.0-with-classpath-exception": ("GPL-2.0-only", "Classpath-exception-2.0"),
    "GPL-2.0-with-font-exception": ("GPL-2.0-only", "Font-exception-2.0"),
    "GPL-3.0-with-GCC-exception": ("GPL-3.0-only", "GCC-exception-3.1"),
    "GPL-3.0-with-autoconf-exception": ("GPL-3.0-only", "Autoconf-exception-3.0"),
}


class Ruling(IntEnum):
    """What a policy says of a licence, worst first, so that AND is `min` and OR is `max`."""

    REFUSED = 0
    UNKNOWN = 1
    ALLOWED = 2


@dataclass(frozen=True, slots=True)
class Term:
    """One licence in canonical spelling, and the exception it stands WITH.

    `known` says whether SPDX lists it (and the exception); a `LicenseRef-` never is.
    """

    licence: str
    exception: str | None = None
    known: bool = True

    @classmethod
    def parse(cls, text: str) -> Term:
        """Read a single licence, WITH its exception or without; raises `ModelError`."""
        term = parse(text)
        if not isinstance(term, Term):
            raise ModelError(f"{text[:80]!r} is several licences; write them one by one")
        return term

    def __str__(self) -> str:
        return f"{self.licence} WITH {self.exception}" if self.exception else self.licence


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Licences of which the receiver chooses one."""

    members: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Licences that hold together."""

    members: tuple[Expression, ...]


Expression = Term | AnyOf | AllOf


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Read an expression; raises `ModelError` for what is none, or is beyond the bounds."""
    if len(text) > MAX_LENGTH or _depth(text) > MAX_DEPTH:
        raise ModelError(
            f"a licence expression longer than {MAX_LENGTH} characters "
            f"or deeper than {MAX_DEPTH} parentheses: {text[:40]!a}…"
        )
    reader = _Reader(text, _WORD.findall(text))
    expression = reader.any_of()
    if reader.words:
        raise reader.error()
    return expression


def _depth(text: str) -> int:
    return max(itertools.accumulate({"(": 1, ")": -1}.get(char, 0) for char in text), default=0)


@dataclass(slots=True)
class _Reader:
    """What is left to read of an expression."""

    text: str
    words: list[str]

    def __post_init__(self) -> None:
        self.words.reverse()

    def any_of(self) -> Expression:
        members = [self.all_of()]
        while self.takes("or"):
            members.append(self.all_of())
        return members[0] if len(members) == 1 else AnyOf(tuple(members))

    def all_of(self) -> Expression:
        members = [self.single()]
        while self.takes("and"):
            members.append(self.single())
        return members[0] if len(members) == 1 else AllOf(tuple(members))

    def single(self) -> Expression:
        if self.takes("("):
            inner = self.any_of()
            if not self.takes(")"):
                raise self.error()
            return inner
        licence = self.identifier()
        return _term(licence, self.identifier() if self.takes("with") else None)

    def takes(self, word: str) -> bool:
        found = bool(self.words) and self.words[-1].casefold() == word
        if found:
            self.words.pop()
        return found

    def identifier(self) -> str:
        if not self.words or self.words[-1].casefold() in _OPERATORS:
            raise self.error()
        return self.words.pop()

    def error(self) -> ModelError:
        return ModelError(f"{self.text[:80]!a} is no SPDX licence expression")


def _term(licence: str, exception: str | None) -> Term:
    for token in filter(None, (licence, exception)):
        if not _TOKEN.fullmatch(token):
            raise ModelError(f"{token[:80]!a} is no licence identifier")
    spelt = _spelt(licence, "")
    if exception:
        pair = _spelt(exception, "MIT WITH ")
        return Term(spelt or licence, pair or exception, bool(spelt and pair))
    if spelt in _WITH:
        return Term(*_WITH[spelt])
    return Term(spelt or licence, None, bool(spelt))


def _spelt(token: str, before: str) -> str | None:
    """An identifier as SPDX's list spells it today, or None when it has none such."""
    if _REFERENCE.fullmatch(token):
        return None
    try:
        listed = canonicalize_license_expression(before + token).removeprefix(before)
    except InvalidLicenseExpression:
        return None
    if gnu := _GNU.fullmatch(listed):
        return f"{gnu[1]}-{gnu[2]}-{'or-later' if gnu[3] else 'only'}"
    return listed


def evaluate(expression: Expression, rule: Callable[[Term], Ruling]) -> Ruling:
    """What the rule for single licences makes of the expression."""
    match expression:
        case Term():
            return rule(expression)
        case AnyOf(members):
            return max(evaluate(member, rule) for member in members)
        case AllOf(members):
            return min(evaluate(member, rule) for member in members)
        case _:
            assert_never(expression)


def terms(expression: Expression) -> Iterable[Term]:
    """The licences in an expression, in its order."""
    match expression:
        case Term():
            yield expression
        case AnyOf(members) | AllOf(members):
            for member in members:
                yield from terms(member)
        case _:
            assert_never(expression)


@dataclass(frozen=True, slots=True)
class _Range:
    """The versions of one licence that may be chosen: one, or that and all later ones."""

    family: str
    first: tuple[int, ...]
    later: bool

    @classmethod
    def of(cls, term: Term) -> _Range:
        found = _VERSIONED.fullmatch(term.licence) if term.known else None
        if not found:
            plain = term.licence.removesuffix("+") if term.known else term.licence
            return cls(plain.casefold(), (), plain != term.licence)
        first = tuple(int(part) for part in found[2].split("."))
        return cls(found[1].casefold(), first, found[3] in ("-or-later", "+"))

    def meets(self, other: _Range) -> bool:
        if self.family != other.family:
            return False
        low, high = sorted((self, other), key=lambda each: each.first)
        return low.first == high.first or low.later

    def within(self, other: _Range) -> bool:
        return self.meets(other) and other.first <= self.first and (other.later or not self.later)


def overlaps(term: Term, other: Term) -> bool:
    """Whether some version can be chosen from both; what they stand WITH must be the same."""
    return _exception(term) == _exception(other) and _Range.of(term).meets(_Range.of(other))


def is_within(term: Term, other: Term) -> bool:
    """Whether whatever is chosen from the term is of the other, too."""
    return _exception(term) == _exception(other) and _Range.of(term).within(_Range.of(other))


def _exception(term: Term) -> str:
    return (term.exception or "").casefold()


def nearest(identifier: str) -> str | None:
    """SPDX's identifier that a misspelt one is most like, if any is."""
    data = (resources.files("cyclonedx.schema._res") / "spdx.SNAPSHOT.schema.json").read_bytes()
    listed = {each.casefold(): each for each in json.loads(data)["enum"]}
    near = difflib.get_close_matches(identifier.casefold(), sorted(listed), n=1, cutoff=0.6)
    return listed[near[0]] if near else None
