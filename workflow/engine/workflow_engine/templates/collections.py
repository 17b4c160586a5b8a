"""Template functions over lists and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workflow_engine.errors import TemplateError
from workflow_engine.templates.values import list_of, member, number_of, order_key, text_of


def index(value: Any, *keys: Any) -> Any:
    """`{{ index .rows 0 "name" }}`: walks tables by name and lists by number."""
    for key in keys:
        value = _at(value, key)
    return value


def _at(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(text_of(key))
    if isinstance(value, list | tuple):
        if not isinstance(key, int) or isinstance(key, bool):
            raise TemplateError(f"{text_of(key)[:40]!r} is no place in a list")
        return value[key] if 0 <= key < len(value) else None
    return None


def length(value: Any) -> int:
    """How many items, members or characters; nothing has none."""
    if value is None:
        return 0
    return len(value) if isinstance(value, list | tuple | Mapping) else len(text_of(value))


def first(values: Any) -> Any:
    """The first item, or nothing."""
    items = list_of(values)
    return items[0] if items else None


def last(values: Any) -> Any:
    """The last item, or nothing."""
    items = list_of(values)
    return items[-1] if items else None


def _numbers(values: Any, key: Any) -> list[int | float]:
    return [number_of(item if key is None else member(item, key)) for item in list_of(values)]


def total(values: Any, key: Any = None) -> int | float:
    """The sum of a list of numbers, or of one member of each table in it."""
    return number_of(sum(_numbers(values, key)))


def smallest(values: Any, key: Any = None) -> int | float | None:
    """The least number; nothing of an empty list."""
    return min(_numbers(values, key), default=None)


def largest(values: Any, key: Any = None) -> int | float | None:
    """The greatest number; nothing of an empty list."""
    return max(_numbers(values, key), default=None)


def pluck(values: Any, key: Any) -> list[Any]:
    """One member of each table in a list."""
    return [member(item, text_of(key)) for item in list_of(values)]


def flatten(values: Any) -> list[Any]:
    """Lists in a list, opened one level."""
    flat: list[Any] = []
    for item in list_of(values):
        flat.extend(item) if isinstance(item, list | tuple) else flat.append(item)
    return flat


def unique(values: Any, key: Any = None) -> list[Any]:
    """Each value once (or each table once by one member), in the order of first sight."""
    seen: dict[tuple[int, float, str], Any] = {}
    for item in list_of(values):
        seen.setdefault(order_key(item if key is None else member(item, text_of(key))), item)
    return list(seen.values())


def group_by(values: Any, key: Any) -> dict[str, list[Any]]:
    """Tables gathered by what one member of theirs prints as."""
    groups: dict[str, list[Any]] = {}
    for item in list_of(values):
        groups.setdefault(text_of(member(item, text_of(key))), []).append(item)
    return groups


def sort_by(values: Any, key: Any) -> list[Any]:
    """Tables sorted by one member: numbers first, then texts."""
    return sorted(list_of(values), key=lambda item: order_key(member(item, text_of(key))))
