"""YAML text into plain values: strings, numbers, booleans, nulls, lists and dictionaries.

Built on the parser's events, so hostile text is met before it costs anything: depth, size and
the number of values after aliases are bounded, and a duplicate key is a fault. Scalars follow the
core schema of YAML 1.2 (`yes` is a string); timestamps stay strings; tags other than the core
ones, merge keys, recursive aliases and more than one document are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from workflow_engine.errors import ConfigError, Fault, Faults

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 64
MAX_VALUES: Final = 100_000

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL: Final[dict[str, Any]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_CORE = "tag:yaml.org,2002:"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def read(data: bytes) -> Any:
    """The one document in `data`; raises `ConfigError` with every fault found in it."""
    builder = _Builder()
    try:
        for event in _events(data):
            builder.take(event)
    except _StopReadingError as stop:
        builder.faults.append(stop.fault)
    if builder.faults:
        raise ConfigError(builder.faults)
    return builder.root


class _StopReadingError(Exception):
    """The rest of the text can't be read, or is not worth reading."""

    def __init__(self, path: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.fault = Fault(path, message, remedy)


def _events(data: bytes) -> Iterator[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if len(data) > MAX_BYTES:
        raise _StopReadingError("", f"{len(data)} bytes are more than the {MAX_BYTES} allowed")
    try:
        text = data.decode("utf-8-sig")
        yield from YAML(typ="safe", pure=True).parse(text)
    except UnicodeDecodeError as error:
        raise _StopReadingError("", f"not UTF-8 at byte {error.start}") from error
    except YAMLError as error:
        raise _StopReadingError(*_syntax(error)) from error
    except (ValueError, IndexError, AttributeError, RecursionError) as error:
        # what the scanner lets slip through on text that is no YAML at all
        raise _StopReadingError("", "this is not YAML") from error


def _syntax(error: Exception) -> tuple[str, str]:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "this is not YAML"
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return where, _CONTROL.sub("?", str(problem))[:200]


@dataclass(slots=True)
class _Frame:
    """A list or dictionary being filled."""

    value: list[Any] | dict[str, Any]
    path: str
    anchor: str | None
    size: int = 1
    key: str | None = None
    seen: set[str] = field(default_factory=set)

    def where(self) -> str:
        """The path of the value to come."""
        if isinstance(self.value, list):
            return f"{self.path}[{len(self.value)}]"
        if self.key is None:
            return self.path
        return f"{self.path}.{self.key}" if self.path else self.key


class _Builder:
    """Takes parser events one by one; `root` is the document when they end."""

    def __init__(self) -> None:
        self.root: Any = None
        self.faults = Faults()
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0

    def take(self, event: Any) -> None:
        match type(event).__name__:
            case "ScalarEvent":
                self._scalar(event)
            case "SequenceStartEvent":
                self._open([], event)
            case "MappingStartEvent":
                self._open({}, event)
            case "SequenceEndEvent" | "MappingEndEvent":
                self._close()
            case "AliasEvent":
                self._alias(event)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise _StopReadingError(_line(event), "a second document; one is expected")
            case _:
                pass

    def _where(self) -> str:
        return self._frames[-1].where() if self._frames else ""

    def _scalar(self, event: Any) -> None:
        where = self._where()
        if _CONTROL.search(event.value):
            self.faults.append(Fault(where, f"a control character ({_line(event)})"))
        if self._expects_key():
            self._key(event)
            return
        value = _scalar_value(event, where)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, 1)

    def _expects_key(self) -> bool:
        return bool(
            self._frames
            and isinstance(self._frames[-1].value, dict)
            and self._frames[-1].key is None
        )

    def _key(self, event: Any) -> None:
        frame, key = self._frames[-1], str(event.value)
        frame.key = key
        if key == "<<" and not event.style:
            self.faults.append(Fault(frame.path, f"merge keys are not supported ({_line(event)})"))
        elif key in frame.seen:
            self.faults.append(Fault(frame.where(), f"duplicate key ({_line(event)})"))
        frame.seen.add(key)

    def _open(self, value: list[Any] | dict[str, Any], event: Any) -> None:
        if self._expects_key():
            raise _StopReadingError(self._where(), f"a key must be a string ({_line(event)})")
        if len(self._frames) >= MAX_DEPTH:
            raise _StopReadingError("", f"nested deeper than {MAX_DEPTH} levels ({_line(event)})")
        _refuse_tag(event, self._where())
        self._frames.append(_Frame(value, self._where(), event.anchor))

    def _close(self) -> None:
        frame = self._frames.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, frame.size)
        self._put(frame.value, frame.size)

    def _alias(self, event: Any) -> None:
        if self._expects_key():
            raise _StopReadingError(self._where(), f"a key can't be an alias ({_line(event)})")
        if event.anchor not in self._anchors:
            message = f"the alias names no finished value ({_line(event)})"
            raise _StopReadingError(self._where(), message)
        self._put(*self._anchors[event.anchor])

    def _put(self, value: Any, size: int) -> None:
        if not self._frames:
            self.root = value
            return
        frame = self._frames[-1]
        frame.size += size
        if frame.size > MAX_VALUES:
            raise _StopReadingError(
                frame.path, f"more than {MAX_VALUES} values, aliases spelled out"
            )
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is not None:
            frame.value[frame.key] = value
            frame.key = None


def _line(event: Any) -> str:
    return f"line {event.start_mark.line + 1}"


def _refuse_tag(event: Any, where: str) -> None:
    if event.tag is not None and event.tag not in {_CORE + "map", _CORE + "seq", "!"}:
        raise _StopReadingError(where, f"a tag that is not supported ({_line(event)})")


def _scalar_value(event: Any, where: str) -> Any:
    """The value by the core schema; a quoted or block scalar is always a string."""
    tag = event.tag
    if tag in {_CORE + "str", "!"} or (tag is None and event.style):
        return event.value
    if tag not in {None, _CORE + "int", _CORE + "float", _CORE + "bool", _CORE + "null"}:
        raise _StopReadingError(where, f"a tag that is not supported ({_line(event)})")
    return plain_value(event.value)


def plain_value(text: str) -> Any:
    """What a plain scalar means: null, a boolean, a number, or the string it is."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if len(text) <= 64 and _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
