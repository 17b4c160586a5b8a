"""What an ELF file needs at run time: the dynamic section of 64-bit little-endian objects.

Format: System V gABI, chapters 4 and 5. Every offset is checked before it is used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"\x7fELF"
_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_NEEDED, _STRTAB, _SONAME, _RPATH, _RUNPATH = 1, 5, 14, 15, 29
_MAX_ENTRIES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """An ELF object: its machine number, and what it asks the dynamic linker for."""

    machine: int
    needed: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    soname: str | None = None


def parse(data: bytes) -> Elf | None:
    """Read an object; None for what is no 64-bit little-endian ELF file or is damaged."""
    if data[:4] != MAGIC or data[4:6] != b"\x02\x01":
        return None
    try:
        return _parse(data)
    except (struct.error, ValueError, OverflowError):
        return None


def _parse(data: bytes) -> Elf:
    machine = struct.unpack_from("<H", data, 18)[0]
    offset = struct.unpack_from("<Q", data, 32)[0]
    size, count = struct.unpack_from("<HH", data, 54)
    segments = [
        struct.unpack_from("<IIQQQQ", data, offset + index * size) for index in range(count)
    ]
    dynamic = next((segment for segment in segments if segment[0] == _DYNAMIC), None)
    if dynamic is None:
        return Elf(machine=machine)
    loads = [(segment[3], segment[2], segment[5]) for segment in segments if segment[0] == _LOAD]
    tags = _tags(data, start=dynamic[2], end=dynamic[2] + dynamic[5])
    table = next((value for tag, value in tags if tag == _STRTAB), -1)
    strings = _file_offset(loads, table)
    texts = [(tag, _text(data, strings + value)) for tag, value in tags if tag in _TEXTS]
    paths = [text for tag, text in texts if tag in {_RPATH, _RUNPATH}]
    return Elf(
        machine=machine,
        needed=tuple(text for tag, text in texts if tag == _NEEDED),
        runpath=tuple(part for path in paths for part in path.split(":")),
        soname=next((text for tag, text in texts if tag == _SONAME), None),
    )


_TEXTS = {_NEEDED, _SONAME, _RPATH, _RUNPATH}


def _tags(data: bytes, *, start: int, end: int) -> list[tuple[int, int]]:
    tags: list[tuple[int, int]] = []
    for offset in range(start, min(end, start + 16 * _MAX_ENTRIES), 16):
        tag, value = struct.unpack_from("<qQ", data, offset)
        if tag == 0:
            break
        tags.append((tag, value))
    return tags


def _file_offset(loads: list[tuple[int, int, int]], address: int) -> int:
    for start, offset, size in loads:
        if start <= address < start + size:
            return int(address - start + offset)
    raise ValueError("an address outside every segment")


def _text(data: bytes, offset: int) -> str:
    end = data.index(b"\0", offset, offset + 4096)
    return data[offset:end].decode("ascii")
