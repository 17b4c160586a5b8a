"""What two ELF files differ in: what they ask the linker for, their build-id, their sections.

64-bit little-endian objects (System V gABI, chapters 4 and 5). Every offset is checked: a file
that is damaged has no parts.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping

from workflow_containers.layers import elf

_BUILD_ID = ".note.gnu.build-id"
_NOTHING_THERE = 8  # SHT_NOBITS
_MAX_SECTIONS = 1000


def parts(data: bytes) -> Mapping[str, str]:
    """The parts of an object by name: `needed`, `build-id`, `section .text` …"""
    found = elf.parse(data)
    if found is None:
        return {}
    named = {
        "machine": str(found.machine),
        "needed": " ".join(found.needed),
        "runpath": ":".join(found.runpath),
        "soname": found.soname or "",
    }
    try:
        return {name: text for name, text in named.items() if text} | dict(_sections(data))
    except (struct.error, ValueError, OverflowError):
        return named


def _sections(data: bytes) -> Iterator[tuple[str, str]]:
    offset = struct.unpack_from("<Q", data, 40)[0]
    size, count, names_at = struct.unpack_from("<HHH", data, 58)
    headers = [
        struct.unpack_from("<IIQQQQ", data, offset + index * size)
        for index in range(min(count, _MAX_SECTIONS))
    ]
    if names_at >= len(headers):
        return
    names = headers[names_at][4]
    for name_at, kind, _, _, start, length in headers:
        if kind in {0, _NOTHING_THERE}:
            continue
        end = data.index(b"\0", names + name_at, names + name_at + 256)
        name = data[names + name_at : end].decode("ascii", "replace")
        content = data[start : start + length]
        if name == _BUILD_ID:
            yield "build-id", content[16:].hex()
        else:
            yield f"section {name}", _summary(content)


def _summary(content: bytes) -> str:
    return f"{len(content)} bytes, {hashlib.sha256(content).hexdigest()[:12]}"
