"""Tables of a configuration read into frozen dataclasses.

The dataclass is the only declaration of what a table may hold: its fields, types and defaults
serve the reader and its messages. All faults are collected, each with its path; an unknown key
gets a did-you-mean. A field's type is one of: `bool`, `int`, `float`, `str`, a `Literal` of
strings, `Any`, a class with a `parse` classmethod (given the value; raises `ValueError`), a
dataclass, `tuple[T, ...]`, `Mapping[str, T]`, or `T | None`.

Numbers and booleans may come as text, because `${PORT}` leaves text behind.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

from workflow_engine.document import plain_value
from workflow_engine.errors import Fault, Faults

T = TypeVar("T")
Spelling = Callable[[str], str]
_MISSING: Final = object()
_NAMES: Final = {str: "a string", bool: "true or false", int: "an integer", float: "a number"}


def camel(name: str) -> str:
    """`cache_max_age` as modules spell it: `cacheMaxAge`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def snake(name: str) -> str:
    """`skip_if` as pipelines spell it; `if_` is the key `if`."""
    return name.rstrip("_")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt word: the nearest known one, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(word[:100], known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(known)}" if known else "there are none"


def join(path: str, key: str) -> str:
    """The path of `key` in the table at `path`."""
    return f"{path}.{key}" if path else key


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads tables in one spelling, adding what is wrong with them to `faults`."""

    faults: Faults
    spelling: Spelling = camel

    def read(self, cls: type[T], table: Any, path: str) -> T | None:
        """A value of `cls`, or None when the table has faults."""
        value = self._table(cls, {} if table is None else table, path)
        return None if value is _MISSING else typing.cast("T", value)

    def _fault(self, path: str, message: str, remedy: str = "") -> Any:
        self.faults.append(Fault(path, message, remedy))
        return _MISSING

    def _table(self, cls: type, table: Any, path: str) -> Any:
        if not isinstance(table, Mapping):
            return self._fault(path, f"a table is expected, not {kind_of(table)}")
        before = len(self.faults)
        fields = {self.spelling(field.name): field for field in dataclasses.fields(cls)}
        for key in table:
            if key not in fields:
                self._fault(join(path, key), "unknown key", did_you_mean(key, fields))
        values = {
            field.name: self._field(cls, field, table, join(path, key))
            for key, field in fields.items()
            if key in table or _required(field)
        }
        if len(self.faults) > before:
            return _MISSING
        return self._construct(cls, values, path)

    def _field(
        self, cls: type, field: dataclasses.Field[Any], table: Mapping[str, Any], path: str
    ) -> Any:
        key = self.spelling(field.name)
        if key not in table:
            return self._fault(path, "missing")
        return self.value(_hints(cls)[field.name], table[key], path)

    def _construct(self, cls: type, values: dict[str, Any], path: str) -> Any:
        try:
            return cls(**values)
        except ValueError as error:
            return self._fault(path, str(error))

    def value(self, expected: Any, value: Any, path: str) -> Any:
        """One value of a declared type."""
        members = _optional(expected)
        if members is not None:
            return None if value is None else self.value(members, value, path)
        origin = get_origin(expected)
        if origin is tuple:
            return self._items(get_args(expected)[0], value, path)
        if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            return self._mapping(get_args(expected)[1], value, path)
        if origin is Literal:
            return self._choice(get_args(expected), value, path)
        if expected in _NAMES:
            return self._plain(expected, value, path)
        return self._own(expected, value, path)

    def _own(self, expected: Any, value: Any, path: str) -> Any:
        if expected is Any:
            return value
        if not hasattr(expected, "parse"):
            return self._table(expected, value, path)
        try:
            return expected.parse(value)
        except ValueError as error:
            return self._fault(path, str(error), getattr(error, "remedy", ""))

    def _items(self, item: Any, value: Any, path: str) -> Any:
        if not isinstance(value, list):
            return self._fault(path, f"a list is expected, not {kind_of(value)}")
        return tuple(self.value(item, each, f"{path}[{at}]") for at, each in enumerate(value))

    def _mapping(self, item: Any, value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            return self._fault(path, f"a table is expected, not {kind_of(value)}")
        read = {key: self.value(item, each, join(path, key)) for key, each in value.items()}
        return types.MappingProxyType(read)

    def _choice(self, choices: tuple[str, ...], value: Any, path: str) -> Any:
        if value in choices:
            return value
        remedy = did_you_mean(str(value), choices)
        return self._fault(path, f"{str(value)[:80]!r} is not one of the choices", remedy)

    def _plain(self, expected: type, value: Any, path: str) -> Any:
        if isinstance(value, str) and expected is not str:
            value = plain_value(value)
        if expected is float and type(value) is int:
            return float(value)
        if type(value) is expected:
            return value
        return self._fault(path, f"{_NAMES[expected]} is expected, not {kind_of(value)}")


def kind_of(value: Any) -> str:
    """A value's kind, in the words of YAML."""
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case Mapping():
            return "a table"
        case str():
            return f"{value[:40]!r}"
        case _:
            return f"{str(value)[:40]}"


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _optional(expected: Any) -> Any:
    """T of `T | None`, else None."""
    if get_origin(expected) not in {typing.Union, types.UnionType}:
        return None
    return next(member for member in get_args(expected) if member is not type(None))
