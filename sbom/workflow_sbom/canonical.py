"""The one JSON encoder, and the one decoder for JSON from outside.

Same value, same bytes: keys sorted by code point, UTF-8, no insignificant space in the
compact form, two spaces and a final newline in the document form. Floats are refused, for
they have no canonical text that every language agrees on.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Never

from workflow_sbom.errors import DocumentError

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]

MAX_BYTES = 64 << 20
MAX_DEPTH = 100
MAX_DIGITS = 1000


def encode(value: Json) -> bytes:
    """The compact form: what is signed or digested."""
    return json.dumps(
        _checked(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    ).encode()


def document(value: Json) -> bytes:
    """The form for files that people open: indented, with a final newline."""
    text = json.dumps(_checked(value), sort_keys=True, ensure_ascii=False, indent=2)
    return f"{text}\n".encode()


def _checked(value: Json) -> Any:
    """The value as plain dicts and lists; raises `TypeError` for what has no canonical form."""
    match value:
        case None | bool() | int() | str():
            return value
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise TypeError("an object's keys are strings")
            return {key: _checked(item) for key, item in value.items()}
        case Sequence() if not isinstance(value, (bytes, bytearray)):
            return [_checked(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical JSON form")


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
            parse_float=_finite,
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
    except DocumentError:
        raise
    except ValueError as error:
        raise DocumentError("a number with too many digits") from error
    _bounded(value, MAX_DEPTH)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise DocumentError(f"the key {twice[:80]!r} stands twice in one object")
    return table


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise DocumentError(f"the number {text[:40]} is too large")
    return number


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
