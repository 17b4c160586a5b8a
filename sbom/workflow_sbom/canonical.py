"""The one JSON encoder, and the one decoder for JSON from outside.

Same value, same bytes: keys sorted by code point, UTF-8, no insignificant space in the
compact form, two spaces and a final newline in the document form. Floats are refused, for
they have no canonical text that every language agrees on; a number with a fraction or an
exponent is a `Decimal`, read and written digit by digit as it stands (0.80 stays 0.80).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, Never

from workflow_sbom.errors import DocumentError

Json = None | bool | int | str | Decimal | Sequence["Json"] | Mapping[str, "Json"]

_COMPACT = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False
)
_LEAVES = frozenset({str, int, bool, type(None)})

MAX_BYTES = 64 << 20
MAX_DEPTH = 100
MAX_DIGITS = 1000


def encode(value: Json) -> bytes:
    """The compact form: what is signed or digested.

    Raises `TypeError` for what has no canonical form.
    """
    if _plain(value):
        return _COMPACT.encode(value).encode()
    return _Writer(colon=":", step="").text(value, line="").encode()


def _plain(value: Any) -> bool:
    """Whether the standard library's encoder writes the same: no numbers but integers, no keys
    but strings, and none of the types it would take for something else.
    """
    kind = type(value)
    if kind is dict:
        return all(type(key) is str for key in value) and all(map(_plain, value.values()))
    if kind is list:
        return all(map(_plain, value))
    return kind in _LEAVES


def document(value: Json) -> bytes:
    """The form for files that people open: indented, with a final newline.

    Raises `TypeError` for what has no canonical form.
    """
    text = _Writer(colon=": ", step="  ").text(value, line="\n")
    return f"{text}\n".encode()


class _Writer:
    """Writes one value; `step` is what an inner line starts with more than the outer one."""

    def __init__(self, *, colon: str, step: str) -> None:
        self._colon, self._step = colon, step

    def text(self, value: Any, line: str) -> str:
        """The value, whose last line starts with `line`."""
        kind = type(value)
        if kind is str:
            return quoted(value)
        if kind is dict:
            return self._table(value, line)
        if kind is list:
            return self._items(value, line)
        return self._rarer(value, line)

    def _rarer(self, value: Any, line: str) -> str:
        match value:
            case str():
                return quoted(value)
            case None | bool():
                return {None: "null", True: "true", False: "false"}[value]
            case int():
                return int.__repr__(value)
            case Decimal() if value.is_finite():
                return str(value)
            case Mapping():
                return self._table(value, line)
            case Sequence() if not isinstance(value, (bytes, bytearray)):
                return self._items(value, line)
            case _:
                raise TypeError(f"{type(value).__name__} has no canonical JSON form")

    def _table(self, table: Mapping[Any, Any], line: str) -> str:
        if not all(isinstance(key, str) for key in table):
            raise TypeError("an object's keys are strings")
        inner = line + self._step
        members = [
            quoted(key) + self._colon + self.text(table[key], inner) for key in sorted(table)
        ]
        return _enclosed("{", members, "}", line, inner)

    def _items(self, items: Sequence[Any], line: str) -> str:
        inner = line + self._step
        return _enclosed("[", [self.text(item, inner) for item in items], "]", line, inner)


def _enclosed(opening: str, parts: list[str], closing: str, line: str, inner: str) -> str:
    if not parts:
        return opening + closing
    return opening + inner + ("," + inner).join(parts) + line + closing


def decode(data: bytes, *, limit: int = MAX_BYTES) -> Any:
    """Read JSON from outside, bounded in size and depth.

    Refuses what readers disagree about: duplicate keys, NaN and infinities, lone surrogates,
    bad UTF-8, numbers out of range. Raises `DocumentError`.
    """
    if len(data) > limit:
        raise DocumentError(f"a document of {len(data)} bytes; at most {limit} are read")
    try:
        text = data.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_decimal,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"no JSON: {error.msg} at line {error.lineno} column {error.colno}"
        ) from error
    except RecursionError as error:
        raise DocumentError(f"nested deeper than {MAX_DEPTH} levels") from error
    _bounded(value, MAX_DEPTH)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise DocumentError(f"the key {twice[:80]!r} stands twice in one object")
    return table


def _decimal(text: str) -> Decimal:
    """The number digit by digit, if other readers can hold it too (RFC 8259, section 6)."""
    if len(text) > MAX_DIGITS:
        raise DocumentError(f"a number of {len(text)} digits; at most {MAX_DIGITS} are read")
    nearest = float(text)
    if not math.isfinite(nearest):
        raise DocumentError(f"the number {text[:40]} is too large")
    if nearest == 0 and text.lower().partition("e")[0].strip("-0."):
        raise DocumentError(f"the number {text[:40]} is too small")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise DocumentError(f"an integer of {len(text)} digits; at most {MAX_DIGITS} are read")
    return int(text)


def _no_constant(name: str) -> Never:
    raise DocumentError(f"{name} is no JSON number")


def _bounded(value: Any, depth: int) -> None:
    if depth < 0:
        raise DocumentError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            _bounded(key, depth)
            _bounded(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _bounded(item, depth - 1)
    elif isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise DocumentError("a lone surrogate, which is no Unicode text") from error
