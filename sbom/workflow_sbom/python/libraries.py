"""Shared libraries bundled in a distribution, told from its own modules by name and SONAME.

What repair tools copy in lies in `<name>.libs` (auditwheel, delvewheel) or `.dylibs` (delocate);
auditwheel puts a hash into the name (`libz-dd453c56.so.1`). Elsewhere a library is called like one
(`lib*.so.1`, `*.dll`) or carries a SONAME, which modules of Python do not.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import IO

from workflow_sbom.digest import Digest

_SHARED = re.compile(r".+\.(?:so(?:\.\w+)*|dylib|dll)", re.ASCII | re.IGNORECASE)
_MODULE = re.compile(
    r".+\.(?:cpython-\w+|pypy\w+-\w+|cp\d+-\w+|abi3(?:-\w+)*|abi3t)(?:-[\w-]+)?\.(?:so|dylib)|.+\.pyd",
    re.ASCII | re.IGNORECASE,
)
_MANGLED = re.compile(r"(?P<stem>.+?)(?:-[0-9a-f]{8}|-[0-9a-f]{32})+(?P<tail>\.[\w.]+)?", re.ASCII)
_ENDING = re.compile(
    r"(?:\.so(?:\.\w+)*|\.\d[\w.]*\.dylib|\.dylib|\.dll)$", re.ASCII | re.IGNORECASE
)
_NO_LIBRARIES = (".py", ".pyc", ".txt")
_LOAD, _DYNAMIC = 1, 2
_STRTAB, _SONAME = 5, 14
_MOST_ENTRIES = 4096
_MOST_READ = 1 << 20
_LONGEST_NAME = 4096


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Library:
    """A bundled library: its path in the distribution, its digest, its SONAME if it has one."""

    path: str
    digest: Digest
    soname: str | None = None

    @property
    def file(self) -> str:
        """The name of the file as it stands."""
        return _last(self.path)

    @property
    def plain(self) -> str:
        """The file's name without the hashes that a repair tool put into it: `libz.so.1`."""
        found = _MANGLED.fullmatch(self.file)
        return f"{found['stem']}{found['tail'] or ''}" if found else self.file

    @property
    def stem(self) -> str:
        """What the library is commonly called: `z` for `libz-dd453c56.so.1`, in lower case."""
        return _ENDING.sub("", self.plain).lower().removeprefix("lib")


def is_native(name: str) -> bool:
    """Whether a file of this name is machine code."""
    return bool(_SHARED.fullmatch(_last(name)) or _MODULE.fullmatch(_last(name)))


def may_be_bundled(name: str) -> bool:
    """Whether a look into the file of this name is worth it: no module of Python by its name."""
    if _in_folder_of_libraries(name):
        return True
    last = _last(name)
    return bool(_SHARED.fullmatch(last)) and not _MODULE.fullmatch(last)


def is_bundled(name: str, soname: str | None) -> bool:
    """Whether a file that may be a bundled library is one."""
    last = _last(name)
    called_so = last.startswith("lib") or not last.endswith(".so")
    return soname is not None or called_so or _in_folder_of_libraries(name)


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _in_folder_of_libraries(name: str) -> bool:
    inside = any(part.endswith((".libs", ".dylibs")) for part in name.split("/")[:-1])
    return inside and not name.endswith(_NO_LIBRARIES) and ".load-order" not in name


def soname(stream: IO[bytes], size: int) -> str | None:
    """The SONAME of a 64-bit little-endian ELF file of that size; None if it has or is none.

    Format: System V gABI, chapters 4 and 5. Every offset is checked before it is used.
    """
    try:
        return _soname(_Elf(stream, size))
    except (struct.error, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class _Elf:
    """An ELF file that is read in places; raises `ValueError` for a place outside of it."""

    stream: IO[bytes]
    size: int

    def at(self, offset: int, length: int) -> bytes:
        if not 0 <= offset <= self.size or length > _MOST_READ:
            raise ValueError("a place outside the file")
        self.stream.seek(offset)
        return self.stream.read(length)


def _soname(elf: _Elf) -> str | None:
    head = elf.at(0, 64)
    if head[:4] != b"\x7fELF" or head[4:6] != b"\x02\x01":
        return None
    size, count = struct.unpack_from("<HH", head, 54)
    table = elf.at(struct.unpack_from("<Q", head, 32)[0], size * count)
    segments = [struct.unpack_from("<IIQQQQ", table, at * size) for at in range(count)]
    dynamic = next((each for each in segments if each[0] == _DYNAMIC), None)
    tags = _tags(elf.at(dynamic[2], min(dynamic[5], 16 * _MOST_ENTRIES))) if dynamic else {}
    if _SONAME not in tags or _STRTAB not in tags:
        return None
    name, end, _ = elf.at(
        _file_offset(segments, tags[_STRTAB]) + tags[_SONAME], _LONGEST_NAME
    ).partition(b"\0")
    return name.decode("ascii") if end and name and name.decode("ascii").isprintable() else None


def _tags(data: bytes) -> dict[int, int]:
    tags: dict[int, int] = {}
    for tag, value in struct.iter_unpack("<qQ", data[: len(data) // 16 * 16]):
        if tag == 0:
            break
        tags[tag] = value
    return tags


def _file_offset(segments: list[tuple[int, ...]], address: int) -> int:
    for kind, _, offset, start, _, size in segments:
        if kind == _LOAD and start <= address < start + size:
            return address - start + offset
    raise ValueError("an address outside every segment")
