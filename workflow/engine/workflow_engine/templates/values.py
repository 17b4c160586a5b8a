"""How values of templates print, count and compare, as Go's templates have it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from workflow_engine.errors import TemplateError

MAX_TEXT: Final = 1 << 20
MAX_JSON_DEPTH: Final = 100
_LARGEST: Final = (1 << 63) - 1


class JsonText(str):
    """A string that a template made as JSON; where JSON is wanted it is decoded, not quoted."""

    __slots__ = ()


def text_of(value: Any) -> str:
    """A value as Go's `%v` prints it; nothing prints as the empty string."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case Mapping():
            return "map[" + " ".join(f"{k}:{text_of(value[k])}" for k in sorted(value)) + "]"
        case list() | tuple():
            return "[" + " ".join(map(text_of, value)) + "]"
        case _:
            return str(value)


def is_true(value: Any) -> bool:
    """False for nothing, false, zero and whatever is empty."""
    return bool(value)


def bounded(text: str) -> str:
    """The text, unless it is longer than a template may make one."""
    if len(text) > MAX_TEXT:
        raise TemplateError(f"a text longer than {MAX_TEXT} characters")
    return text


def number_of(value: Any) -> int | float:
    """A number, or the number a text spells; raises `TemplateError`."""
    if isinstance(value, bool) or value is None:
        return int(bool(value))
    if isinstance(value, int | float):
        return _in_range(value)
    try:
        text = text_of(value).strip()[:64]
        return _in_range(int(text) if text.lstrip("+-").isdecimal() else float(text))
    except ValueError:
        raise TemplateError(f"{text_of(value)[:40]!r} is no number") from None


def _in_range(number: float) -> int | float:
    if isinstance(number, int) and abs(number) > _LARGEST:
        raise TemplateError("a number that does not fit in 64 bits")
    return number


def list_of(value: Any) -> Sequence[Any]:
    """A list, or nothing as the empty one; raises `TemplateError`."""
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return value
    raise TemplateError(f"{text_of(value)[:40]!r} is no list")


def member(value: Any, name: str) -> Any:
    """What a table holds under a name; None where there is no such thing."""
    return value.get(name) if isinstance(value, Mapping) else None


def json_of(value: Any) -> JsonText:
    """The value as JSON, keys sorted, as Go encodes a map."""
    _require_shallow(value)
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)
    except (ValueError, TypeError, RecursionError):
        raise TemplateError("a value that JSON can't hold") from None
    return JsonText(bounded(text))


def _require_shallow(value: Any) -> None:
    """How deep an encoder may recurse differs between Pythons, so the depth is our own."""
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise TemplateError(f"a value nested deeper than {MAX_JSON_DEPTH} levels")


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _plain(value: Any) -> Any:
    """What `json` does not know by itself: read-only mappings."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def order_key(value: Any) -> tuple[int, float, str]:
    """A key that puts numbers before texts, so that any list can be sorted."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value, "")
    return (1, 0, text_of(value))
