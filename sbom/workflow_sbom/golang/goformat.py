"""Where a Go program keeps its build information, and what it says.

Read from the bytes of an ELF, Mach-O or PE file as Go's `debug/buildinfo` does, without running
the program or Go. Only the section that the linker made for it is searched, so that a program
embedded in another's data is never mistaken for it. Strings are read in the inline form, which
the linker writes since Go 1.18.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workflow_sbom.errors import InventoryError

MAX_INFO = 16 << 20
MAX_SECTIONS = 10_000
_MAGIC = b"\xff Go buildinf:"
_HEADER = 32
_INLINE_STRINGS = 2
_MARKER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module in the program. `sum` is `h1:…`, a hash of the module's tree, not of a file.

    `replaces` is the `path@version` that the build put this module in the place of.
    """

    path: str
    version: str
    sum: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInfo:
    """What `go version -m` prints. `package` is the path of the main package."""

    go: str
    package: str
    main: Module | None
    modules: tuple[Module, ...]
    settings: tuple[tuple[str, str], ...]


def read(path: Path) -> BuildInfo:
    """The build information of a Go program; raises `InventoryError`."""
    try:
        with path.open("rb") as stream:
            for offset, size in _sections(stream):
                if found := _search(stream, offset, min(size, MAX_INFO)):
                    return parse(*found)
    except (struct.error, OSError, ValueError, IndexError) as error:
        raise InventoryError(f"{path.name}: no readable program: {str(error)[:120]}") from error
    raise InventoryError(f"{path.name}: no build information of Go 1.18 or later")


def parse(go: str, text: str) -> BuildInfo:
    """Read the toolchain version and the lines of the module text; raises `InventoryError`."""
    package, main, modules, settings = "", None, list[Module](), list[tuple[str, str]]()
    replaceable = False
    for line in text.splitlines():
        kind, _, rest = line.partition("\t")
        match kind:
            case "path":
                package = rest
            case "mod":
                main = _module(rest)
            case "dep":
                modules.append(_module(rest))
            case "=>" if replaceable:
                modules[-1] = _replacement(rest, modules[-1])
            case "build":
                settings.append(_setting(rest))
            case _ if line:
                raise InventoryError(f"an unknown line in Go build information: {line[:80]!r}")
        replaceable = kind == "dep"
    return BuildInfo(
        go=go, package=package, main=main, modules=tuple(modules), settings=tuple(settings)
    )


def _module(text: str) -> Module:
    path, version, checksum = [*text.split("\t"), "", ""][:3]
    return Module(path=path, version=version, sum=checksum)


def _replacement(text: str, replaced: Module) -> Module:
    path, version, checksum = [*text.split("\t"), "", ""][:3]
    original = f"{replaced.path}@{replaced.version}"
    return Module(path=path, version=version, sum=checksum, replaces=original)


def _setting(text: str) -> tuple[str, str]:
    """`key=value`, each quoted where it holds space, quotes or `=`."""
    if text.startswith('"'):
        end = text.index('"', 1) + 1
        return _unquoted(text[:end]), _unquoted(text[end:].removeprefix("="))
    key, _, value = text.partition("=")
    return key, _unquoted(value)


def _unquoted(text: str) -> str:
    """A Go string literal's value; Go's rarer escapes are no JSON and stay as they are written."""
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except json.JSONDecodeError:
        return text


def _search(stream: BinaryIO, offset: int, size: int) -> tuple[str, str] | None:
    """The version and module strings behind the first aligned magic in a section."""
    stream.seek(offset)
    data = stream.read(size)
    at = data.find(_MAGIC)
    while at >= 0 and at % 16:
        at = data.find(_MAGIC, at + 1)
    if at < 0 or at + _HEADER > len(data) or not data[at + 15] & _INLINE_STRINGS:
        return None
    go, after = _string(data, at + _HEADER)
    modules, _ = _string(data, after)
    framed = len(modules) >= 2 * _MARKER + 1 and modules[-_MARKER - 1 : -_MARKER] == b"\n"
    return go.decode(), modules[_MARKER:-_MARKER].decode() if framed else ""


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """A length as an unsigned LEB128 number, then as many bytes."""
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
        if shift > 63:
            raise ValueError("a length of more than 64 bits")
    if at + length > len(data):
        raise ValueError("a string that ends outside its section")
    return data[at : at + length], at + length


def _sections(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Offset and size of the sections that hold build information, by file format."""
    head = stream.read(64)
    if head.startswith(b"\x7fELF"):
        yield from _elf(stream, head)
    elif head[:4] in (b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf"):
        yield from _macho(stream, "<" if head[0] == 0xCF else ">")
    elif head.startswith(b"MZ"):
        yield from _pe(stream, struct.unpack_from("<I", head, 0x3C)[0])


def _elf(stream: BinaryIO, head: bytes) -> Iterator[tuple[int, int]]:
    order = "<" if head[5] == 1 else ">"
    wide = head[4] == 2
    header = struct.unpack_from(f"{order}16sHHI{'QQQ' if wide else 'III'}IHHHHHH", head)
    start, size, count, names = header[6], header[11], header[12], header[13]
    form = f"{order}II{'QQQQIIQQ' if wide else 'IIIIIIII'}"
    stream.seek(start)
    table = stream.read(size * count)
    rows = [struct.unpack_from(form, table, size * each) for each in range(count)]
    stream.seek(rows[names][4])
    strings = stream.read(min(rows[names][5], MAX_INFO))
    for row in rows:
        if strings[row[0] :].startswith(b".go.buildinfo\0"):
            yield row[4], row[5]


def _macho(stream: BinaryIO, order: str) -> Iterator[tuple[int, int]]:
    stream.seek(16)
    count, size = struct.unpack(f"{order}II", stream.read(8))
    stream.seek(32)
    commands, at = stream.read(min(size, MAX_INFO)), 0
    for _ in range(min(count, MAX_SECTIONS)):
        command, length = struct.unpack_from(f"{order}II", commands, at)
        if command == 0x19:  # LC_SEGMENT_64
            sections = struct.unpack_from(f"{order}I", commands, at + 64)[0]
            for each in range(min(sections, MAX_SECTIONS)):
                row = at + 72 + 80 * each
                if commands[row : row + 16].rstrip(b"\0") == b"__go_buildinfo":
                    extent, offset = struct.unpack_from(f"{order}QI", commands, row + 40)
                    yield offset, extent
        at += max(length, 8)


def _pe(stream: BinaryIO, start: int) -> Iterator[tuple[int, int]]:
    """The section `.data`, at whose start the linker puts it: PE has no section of its own."""
    stream.seek(start)
    head = stream.read(24)
    count, optional = struct.unpack_from("<H", head, 6)[0], struct.unpack_from("<H", head, 20)[0]
    stream.seek(start + 24 + optional)
    table = stream.read(40 * count)
    for each in range(len(table) // 40):
        if table[40 * each :].startswith(b".data\0"):
            size, offset = struct.unpack_from("<II", table, 40 * each + 16)
            yield offset, min(size, MAX_INFO)
