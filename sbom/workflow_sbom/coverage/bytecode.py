"""Whether a compiled Python file is the compilation of its source, told without running either.

The source is compiled once more by the interpreter at hand. Compiled files are never unmarshalled,
for that can crash an interpreter: both sides are read by a bounded reader of our own into plain
values, in which what depends on the process that compiled (which objects are shared) is gone.

Format: CPython's `Python/marshal.c`, versions 4 and 5; the header is PEP 552's.
"""

from __future__ import annotations

import importlib.util
import marshal
import re
import sys
import warnings
from typing import Any

from workflow_sbom.printable import printable

MAX_SOURCE = 4 << 20
MAX_DEPTH = 100
_HEADER = 16
_CACHED = re.compile(
    r"(?P<folder>(?:.*/)?)__pycache__/(?P<name>[^/.]+)\.[^/.]+(?:\.opt-(?P<level>[12]))?\.pyc"
)
_BESIDE = re.compile(r"(?P<path>.+)\.pyc")
_SHARED = 0x80
_CONSTANTS: dict[str, Any] = {"N": None, "T": True, "F": False, ".": ...}
# What a code object holds, in the order in which it is written since 3.11; a letter a field:
# `l` a number of four bytes, `o` an object.
_CODE = "lllll" + "o" * 8 + "l" + "o" * 2
_FILENAME = 10

Value = Any  # plain values: None, bool, int, str, bytes, and tuples that begin with their kind


class UnreadableError(ValueError):
    """Bytes that are no marshalled code of this interpreter."""


def source_of(path: str) -> tuple[str, int] | None:
    """The path of the source of a compiled file, and its optimisation level; None for others."""
    if found := _CACHED.fullmatch(path):
        return f"{found['folder']}{found['name']}.py", int(found["level"] or 0)
    beside = _BESIDE.fullmatch(path)
    return (f"{beside['path']}.py", 0) if beside and "__pycache__/" not in path else None


def difference(pyc: bytes, source: bytes, level: int) -> str | None:
    """Why a compiled file is not its source's; None when it is."""
    if pyc[:4] != importlib.util.MAGIC_NUMBER:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"compiled by another Python than the {version} at hand: can't be made again"
    if len(source) > MAX_SOURCE:
        return f"its source has {len(source)} bytes; at most {MAX_SOURCE} are compiled"
    if not _is_headed(pyc[:_HEADER], source):
        return "its header is of another source"
    try:
        found = _Reader(pyc[_HEADER:]).whole()
    except ValueError as error:
        return f"no compiled file: {printable(str(error))[:80]}"
    filename = found[_FILENAME + 1] if found[0] == "code" else None
    if not isinstance(filename, str):
        return "no compiled file: it holds no module"
    made = _compiled(source, filename, level)
    return None if made == found else "is not what its source compiles to"


def _is_headed(header: bytes, source: bytes) -> bool:
    """Whether the size or the hash in the header is the source's; its time says nothing."""
    if len(header) < _HEADER:
        return False
    match int.from_bytes(header[4:8], "little"):
        case 0:
            return int.from_bytes(header[12:16], "little") == len(source)
        case 1 | 3:
            return header[8:16] == importlib.util.source_hash(source)
        case _:
            return False


def _compiled(source: bytes, filename: str, level: int) -> Value | None:
    """The module's code as a value; None for what is no Python."""
    try:
        with warnings.catch_warnings(action="ignore"):
            code = compile(source, filename, "exec", dont_inherit=True, optimize=level)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
    return _Reader(marshal.dumps(code)).whole()


class _Reader:
    """Reads marshalled bytes as values; raises `UnreadableError`."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._shared: list[Value] = []

    def whole(self) -> Value:
        value = self._object(MAX_DEPTH)
        if self._at != len(self._data):
            raise UnreadableError("bytes after its end")
        return value

    def _object(self, depth: int) -> Value:
        if depth == 0:
            raise UnreadableError(f"nested deeper than {MAX_DEPTH} levels")
        head = self._take(1)[0]
        kind, place = chr(head & ~_SHARED), None
        if head & _SHARED:
            place = len(self._shared)
            self._shared.append(None)
        value = self._of_kind(kind, depth - 1)
        if place is not None:
            self._shared[place] = value
        return value

    def _of_kind(self, kind: str, depth: int) -> Value:
        if kind in _CONSTANTS:
            return ("constant", _CONSTANTS[kind])
        if kind == "c":
            return ("code", *(self._field(each, depth) for each in _CODE))
        if kind in "()<>:":
            return self._several(kind, depth)
        if kind == "r":
            return self._referred()
        return self._plain(kind)

    def _field(self, kind: str, depth: int) -> Value:
        return self._number() if kind == "l" else self._object(depth)

    def _plain(self, kind: str) -> Value:
        match kind:
            case "i":
                return ("int", self._number())
            case "l":
                digits = abs(size := self._number())
                return ("long", size, self._take(2 * digits))
            case "g":
                return ("float", self._take(8))
            case "y":
                return ("complex", self._take(16))
            case "s":
                return ("bytes", self._take(self._number()))
            case "z" | "Z":
                return self._take(self._take(1)[0]).decode("ascii")
            case "a" | "A" | "u" | "t":
                return self._take(self._number()).decode("utf-8", "surrogatepass")
            case _:
                raise UnreadableError(f"an object of kind {kind!a}")

    def _several(self, kind: str, depth: int) -> Value:
        size = 3 if kind == ":" else self._take(1)[0] if kind == ")" else self._number()
        if not 0 <= size <= len(self._data):
            raise UnreadableError(f"{size} objects in one")
        return ("(" if kind == ")" else kind, *(self._object(depth) for _ in range(size)))

    def _referred(self) -> Value:
        place = self._number()
        if not 0 <= place < len(self._shared) or self._shared[place] is None:
            raise UnreadableError("refers to what is not there")
        return self._shared[place]

    def _number(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= len(self._data) - self._at:
            raise UnreadableError("is cut short")
        self._at += size
        return self._data[self._at - size : self._at]
