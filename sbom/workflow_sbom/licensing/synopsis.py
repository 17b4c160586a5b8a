"""The first line of a `License` field of a Debian copyright file, as an expression.

Grammar: machine-readable debian/copyright files, version 1.0, section 7.2. `and` binds more
tightly than `or`, and a comma before either separates what is on both sides of it (`A or B, and
C`). Beyond it parentheses are read, and `|` as `or`. What is not surely an expression ("same as
above", "GPL version 2 or later") stays one name with all its words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import assert_never

LONGEST = 2000
MAX_DEPTH = 8
_TOKEN = re.compile(r"[(),|]|[^\s(),|]+")
_OPERATORS = {"and": "and", "or": "or", "|": "or"}
# Words of a sentence rather than names of a licence.
_PROSE = frozenset(
    {"above", "any", "as", "below", "either", "later", "newer", "other", "others", "same", "see"}
    | {"similar", "terms", "the", "under", "unknown", "various", "version"}
)


@dataclass(frozen=True, slots=True)
class Name:
    """One licence as it is written, an exception included (`GPL-2+ with Font exception`)."""

    text: str


@dataclass(frozen=True, slots=True)
class All:
    """Every one of several applies."""

    parts: tuple[Terms, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of several may be chosen."""

    parts: tuple[Terms, ...]


Terms = Name | All | Any


class _UnclearError(Exception):
    """No expression; never leaves this module."""


def parse(synopsis: str) -> Terms:
    """What a synopsis says; a single name when it is no expression. It never fails."""
    whole = " ".join(synopsis.split())
    tokens = _TOKEN.findall(whole) if len(whole) <= LONGEST else []
    try:
        return _Reader(tokens).whole()
    except _UnclearError:
        return Name(whole)


def leaves(terms: Terms) -> Iterator[Name]:
    """Every name in an expression, from left to right."""
    match terms:
        case Name():
            yield terms
        case All(parts) | Any(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            assert_never(terms)


class _Reader:
    """Reads tokens by recursive descent; `depth` counts open parentheses."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Terms:
        found = self._expression()
        if self._peek() is not None:
            raise _UnclearError
        return found

    def _expression(self) -> Terms:
        return self._joined(
            Any, "or", lambda: self._joined(All, "and", self._choice, comma=True), comma=True
        )

    def _choice(self) -> Terms:
        return self._joined(Any, "or", lambda: self._joined(All, "and", self._atom))

    def _joined(
        self,
        kind: type[All | Any],
        operator: str,
        read: Callable[[], Terms],
        *,
        comma: bool = False,
    ) -> Terms:
        parts = [read()]
        while self._takes(operator, comma=comma):
            parts.append(read())
        if len(parts) == 1:
            return parts[0]
        flat = (part.parts if isinstance(part, kind) else (part,) for part in parts)
        return kind(tuple(part for group in flat for part in group))

    def _takes(self, operator: str, *, comma: bool) -> bool:
        """Go past the operator, with the comma before it if there must be one."""
        here = self._tokens[self._at : self._at + 1 + comma]
        if len(here) < 1 + comma or (comma and here[0] != ","):
            return False
        if _OPERATORS.get(here[-1].casefold()) != operator:
            return False
        self._at += len(here)
        return True

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _atom(self) -> Terms:
        if self._peek() == "(":
            return self._group()
        words: list[str] = []
        while (token := self._peek()) is not None and not _ends(token):
            words.append(token)
            self._at += 1
        if not _is_name(words):
            raise _UnclearError
        return Name(" ".join(words))

    def _group(self) -> Terms:
        self._at += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _UnclearError
        found = self._expression()
        if self._peek() != ")":
            raise _UnclearError
        self._at += 1
        self._depth -= 1
        return found


def _ends(token: str) -> bool:
    return token in {"(", ")", ","} or token.casefold() in _OPERATORS


def _is_name(words: list[str]) -> bool:
    """A short name has no space in it, but for `with X exception`."""
    lower = [word.casefold() for word in words]
    if not words or not _PROSE.isdisjoint(lower) or "and/or" in lower:
        return False
    if len(words) == 1:
        return True
    return lower[1] == "with" and (len(words) == 3 or lower[-1] in {"exception", "exceptions"})
