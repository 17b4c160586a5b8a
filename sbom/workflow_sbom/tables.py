"""Tables from outside (TOML, JSON) read into frozen dataclasses, and their JSON Schema.

The dataclass is the only declaration: its fields, types, defaults and `described` texts serve
the reader, every message and the schema. All faults of a table are reported at once, each with
its path (`artifact[2].kind`); an unknown key gets a did-you-mean.

A field's type is one of: `bool`, `int`, `str`, a `Literal` of strings, a class with a `parse`
classmethod (read from a string), a relative or absolute `PurePosixPath`, a `datetime` with its
offset, a dataclass, a union of dataclasses told apart by their `kind`, `tuple[T, ...]`,
`Mapping[str, T]`, or `T | None` (where JSON may say null). Field `tag_prefix` is the key
`tag-prefix`.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from workflow_sbom.errors import Fault, TableError

T = TypeVar("T")
Decoded = Any  # what a field's declared type says; checked at run time, not by the type checker
_PLAIN: dict[type, str] = {str: "string", bool: "boolean", int: "integer"}
_MISSING = object()


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text[:40]!r} has no offset from UTC")
    return moment


_TEXTS: dict[type, Callable[[str], Any]] = {PurePosixPath: PurePosixPath, datetime: _instant}


def described(text: str, *, default: Any = dataclasses.MISSING, pattern: str = "") -> Any:
    """A dataclass field with its documentation and, for strings, the pattern it must match."""
    return dataclasses.field(default=default, metadata={"doc": text, "pattern": pattern})


def read(cls: type[T], table: Mapping[str, Any]) -> T:
    """Read a table; raises `TableError` with every fault in it."""
    faults: list[Fault] = []
    value = _read_table(cls, table, "", faults)
    if faults:
        raise TableError(faults)
    return typing.cast(T, value)


def did_you_mean(word: str, known: typing.Iterable[str]) -> str:
    """A remedy for a misspelt word: the nearest known one, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One field of a table: its key, its type, and what was declared about it."""

    name: str
    type: Any
    field: dataclasses.Field[Any]

    @property
    def key(self) -> str:
        return self.name.replace("_", "-")

    @property
    def required(self) -> bool:
        return (
            self.field.default is dataclasses.MISSING
            and self.field.default_factory is dataclasses.MISSING
        )


@cache
def _entries(cls: type) -> tuple[_Entry, ...]:
    hints = get_type_hints(cls)
    return tuple(
        _Entry(field.name, hints[field.name], field)
        for field in dataclasses.fields(cls)
        if field.init
    )


def _read_table(cls: type, table: Any, path: str, faults: list[Fault]) -> Decoded:
    if not isinstance(table, Mapping):
        faults.append(Fault(path, f"a table is expected, not {_kind_of(table)}"))
        return _MISSING
    entries = {entry.key: entry for entry in _entries(cls)}
    faults.extend(
        Fault(_join(path, _printable(key)), "unknown key", did_you_mean(key, entries))
        for key in sorted(table.keys() - entries.keys())
    )
    values: dict[str, Any] = {}
    before = len(faults)
    for key, entry in entries.items():
        where = _join(path, key)
        if key in table:
            values[entry.name] = _read(entry.type, table[key], where, faults)
            _match(entry, values[entry.name], where, faults)
        elif entry.required:
            faults.append(Fault(where, "missing", str(entry.field.metadata.get("doc", ""))))
    if len(faults) > before:
        return _MISSING
    return _construct(cls, values, path, faults)


def _construct(cls: type, values: dict[str, Any], path: str, faults: list[Fault]) -> Decoded:
    """Make the value; what its own `__post_init__` refuses is a fault at its path."""
    try:
        return cls(**values)
    except TableError as error:
        faults.extend(Fault(_join(path, f.path), f.message, f.remedy) for f in error.faults)
    except ValueError as error:
        faults.append(Fault(path, str(error)))
    return _MISSING


def _match(entry: _Entry, value: Decoded, path: str, faults: list[Fault]) -> None:
    pattern = entry.field.metadata.get("pattern", "")
    if not pattern:
        return
    faults.extend(
        Fault(path, f"{item[:80]!r} does not match {pattern}")
        for item in (value if isinstance(value, tuple) else (value,))
        if isinstance(item, str) and not re.fullmatch(pattern, item, re.ASCII)
    )


def _read(expected: Any, value: Any, path: str, faults: list[Fault]) -> Decoded:
    members = _union(expected)
    if members:
        return _read_union(members, value, path, faults)
    origin = get_origin(expected)
    if origin is tuple:
        return _read_items(get_args(expected)[0], value, path, faults)
    if origin is not None and _is_subclass(origin, Mapping):
        return _read_mapping(get_args(expected)[1], value, path, faults)
    if origin is Literal:
        return _read_choice(get_args(expected), value, path, faults)
    if expected in _PLAIN:
        if type(value) is expected:
            return value
        faults.append(
            Fault(path, f"{_article(_PLAIN[expected])} is expected, not {_kind_of(value)}")
        )
        return _MISSING
    if expected in _TEXTS or hasattr(expected, "parse"):
        return _read_parsed(_TEXTS.get(expected) or expected.parse, value, path, faults)
    return _read_table(expected, value, path, faults)


def _is_subclass(candidate: Any, base: type) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, base)


def _read_items(item: Any, value: Any, path: str, faults: list[Fault]) -> Decoded:
    if not isinstance(value, list):
        faults.append(Fault(path, f"an array is expected, not {_kind_of(value)}"))
        return _MISSING
    return tuple(_read(item, each, f"{path}[{at}]", faults) for at, each in enumerate(value))


def _read_mapping(item: Any, value: Any, path: str, faults: list[Fault]) -> Decoded:
    if not isinstance(value, Mapping):
        faults.append(Fault(path, f"a table is expected, not {_kind_of(value)}"))
        return _MISSING
    read_items = {
        key: _read(item, each, _join(path, _printable(key)), faults) for key, each in value.items()
    }
    return types.MappingProxyType(read_items)


def _read_choice(choices: tuple[Any, ...], value: Any, path: str, faults: list[Fault]) -> Decoded:
    if value in choices:
        return value
    remedy = did_you_mean(str(value), map(str, choices))
    faults.append(Fault(path, f"{str(value)[:80]!r} is not one of the choices", remedy))
    return _MISSING


def _read_parsed(
    parse: Callable[[str], Any], value: Any, path: str, faults: list[Fault]
) -> Decoded:
    if not isinstance(value, str):
        faults.append(Fault(path, f"a string is expected, not {_kind_of(value)}"))
        return _MISSING
    try:
        return parse(value)
    except ValueError as error:
        faults.append(Fault(path, str(error)))
        return _MISSING


def _read_union(members: tuple[Any, ...], value: Any, path: str, faults: list[Fault]) -> Decoded:
    """A union is told apart by `kind`; `T | None` is simply T where the key is present."""
    concrete = tuple(member for member in members if member is not type(None))
    if value is None and len(concrete) < len(members):
        return None
    if len(concrete) == 1:
        return _read(concrete[0], value, path, faults)
    by_kind = {_tag(member): member for member in concrete}
    if not isinstance(value, Mapping):
        faults.append(Fault(path, f"a table is expected, not {_kind_of(value)}"))
        return _MISSING
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in by_kind:
        message = "missing" if kind is None else f"{str(kind)[:80]!r} is no known kind"
        faults.append(Fault(_join(path, "kind"), message, did_you_mean(str(kind), by_kind)))
        return _MISSING
    return _read_table(by_kind[kind], value, path, faults)


def _tag(cls: type) -> str:
    return str(get_args(get_type_hints(cls)["kind"])[0])


def _union(expected: Any) -> tuple[Any, ...]:
    return get_args(expected) if get_origin(expected) in (Union, types.UnionType) else ()


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


def _printable(key: str) -> str:
    """A key from outside as a path shows it: what a terminal would act on is escaped."""
    return key[:80] if key.isprintable() else ascii(key[:80])


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


def _kind_of(value: Any) -> str:
    names: dict[type, str] = {**_PLAIN, list: "array", dict: "table", Decimal: "float"}
    return _article(names.get(type(value), type(value).__name__))


def schema(cls: type, title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a table, for editors that complete it."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return head | _schema(cls)


def _schema(expected: Any) -> dict[str, Any]:
    members = tuple(member for member in _union(expected) if member is not type(None))
    origin = get_origin(expected)
    if members:
        return _schema(members[0]) if len(members) == 1 else {"oneOf": [*map(_schema, members)]}
    if origin is tuple:
        return {"type": "array", "items": _schema(get_args(expected)[0])}
    if origin is not None and _is_subclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(get_args(expected)[1])}
    if origin is Literal:
        return {"enum": list(get_args(expected))}
    if expected in _PLAIN:
        return {"type": _PLAIN[expected]}
    if expected in _TEXTS:
        return {"type": "string"}
    if hasattr(expected, "parse"):
        return {"type": "string", "description": (expected.__doc__ or "").splitlines()[0]}
    return _schema_of_table(expected)


def _schema_of_table(cls: type) -> dict[str, Any]:
    entries = _entries(cls)
    table: dict[str, Any] = {
        "type": "object",
        "description": (cls.__doc__ or "").splitlines()[0],
        "additionalProperties": False,
        "properties": {entry.key: _schema_of_entry(entry) for entry in entries},
    }
    required = [entry.key for entry in entries if entry.required]
    return table | ({"required": required} if required else {})


def _schema_of_entry(entry: _Entry) -> dict[str, Any]:
    declared = _schema(entry.type)
    metadata = entry.field.metadata
    if metadata.get("doc"):
        declared["description"] = metadata["doc"]
    if metadata.get("pattern"):
        target = declared.get("items", declared)
        target["pattern"] = f"^(?:{metadata['pattern']})$"
    default = entry.field.default
    if isinstance(default, (str, bool, int)):
        declared["default"] = default
    return declared
