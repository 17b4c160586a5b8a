"""JSON from outside: bounded in size and depth, strict about numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 64


class PayloadError(ValueError):
    """Bytes that are no JSON a pipeline may be given. The message is fit for the sender."""


def decode(data: bytes) -> Any:
    """The value in `data`; raises `PayloadError`."""
    if len(data) > MAX_BYTES:
        raise PayloadError(f"more than {MAX_BYTES} bytes")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise PayloadError("not valid JSON") from None
    if not _is_shallow(value):
        raise PayloadError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def encode(value: Any) -> bytes:
    """The value as compact JSON; raises `ValueError` for what JSON can't hold."""
    text = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain
    )
    return text.encode("utf-8", errors="replace")


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise ValueError(f"{type(value).__name__} can't stand in JSON")


def _is_shallow(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return False
        level = [child for item in level for child in _children(item)]
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [child for child in value.values() if isinstance(child, dict | list)]
    if isinstance(value, list):
        return [child for child in value if isinstance(child, dict | list)]
    return []
