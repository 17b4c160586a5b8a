"""What kind of file two contents are, and what of it differs, where that is known."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from itertools import takewhile

from workflow_containers.comparing import elfparts
from workflow_containers.comparing.differences import Attribute, Contents, Hunk
from workflow_containers.errors import LayoutError
from workflow_containers.layers import compress, elf

MAX_INSIDE = 64 << 20
MAX_MEMBERS = 10_000
MAX_PARTS = 20
MAX_LINES = 20
MAX_COLUMNS = 160
_AROUND = 40
_GZIP = b"\x1f\x8b\x08"
_ZIP = b"PK\x03\x04"
_PYC_HEAD = struct.Struct("<HxxI8s")
_PYC_FLAGS = {0: "checked by time", 1: "never checked", 3: "checked by hash"}

Parts = Mapping[str, str]


def explain(path: str, old: bytes, new: bytes) -> Contents:
    """How two contents of a path differ; they do."""
    offset = first_difference(old, new)
    kind = _kind(path, old)
    if kind is None or kind != _kind(path, new):
        return _as_text(old, new, offset) or Contents(format="bytes", offset=offset)
    name, read = kind
    before, after = read(old), read(new)
    names = [part for part in sorted({*before, *after}) if before.get(part) != after.get(part)]
    return Contents(
        format=name,
        offset=offset,
        parts=tuple(
            Attribute(name=part, old=before.get(part), new=after.get(part))
            for part in names[:MAX_PARTS]
        ),
        more=max(0, len(names) - MAX_PARTS),
    )


def first_difference(old: bytes, new: bytes) -> int:
    """The first offset at which two contents differ; the length of the shorter if none does."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _kind(path: str, data: bytes) -> tuple[str, Callable[[bytes], Parts]] | None:
    if path.endswith(".pyc") and len(data) >= _PYC_HEAD.size:
        return "bytecode", _bytecode
    if data.startswith(elf.MAGIC):
        return "ELF", elfparts.parts
    if data.startswith(_ZIP):
        return "zip", _zip
    if data.startswith(_GZIP):
        return "gzip", _gzip
    return None


def _bytecode(data: bytes) -> Parts:
    """The head of a .pyc file (PEP 552), and whether the code itself differs."""
    magic, flags, stamp = _PYC_HEAD.unpack_from(data)
    return {
        "magic number": str(magic),
        "flags": _PYC_FLAGS.get(flags, hex(flags)),
        "source hash" if flags & 1 else "source time and size": stamp.hex(),
        "code": summary(data[_PYC_HEAD.size :]),
    }


def _zip(data: bytes) -> Parts:
    """Members: size and checksum as the directory has them; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {
                f"member {each.filename}": f"{each.file_size} bytes, crc {each.CRC:08x}"
                for each in archive.infolist()[:MAX_MEMBERS]
            }
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
        return {}


def _gzip(data: bytes) -> Parts:
    """The time in the first header, and what is inside (RFC 1952)."""
    state, size = hashlib.sha256(), 0
    try:
        for piece in compress.expand(io.BytesIO(data), MAX_INSIDE):
            state.update(piece)
            size += len(piece)
    except LayoutError:
        return {}
    return {
        "time": str(int.from_bytes(data[4:8], "little")),
        "inside": f"{size} bytes, {state.hexdigest()[:12]}",
    }


def summary(data: bytes) -> str:
    """Bytes in a few words."""
    return f"{len(data)} bytes, {hashlib.sha256(data).hexdigest()[:12]}"


def _as_text(old: bytes, new: bytes, offset: int) -> Contents | None:
    if b"\0" in old or b"\0" in new:
        return None
    try:
        before, after = (data.decode("utf-8").split("\n") for data in (old, new))
    except UnicodeDecodeError:
        return None
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    lines, others = before[start : len(before) - end], after[start : len(after) - end]
    column = first_difference(lines[0].encode(), others[0].encode()) if lines and others else 0
    return Contents(
        format="text",
        offset=offset,
        hunk=Hunk(
            line=start + 1,
            before=_shown(before[start - 1 :][:1], 0)[0] if start else None,
            old=_shown(lines, column),
            new=_shown(others, column),
        ),
    )


def _common(old: list[str], new: list[str]) -> int:
    """How many lines are the same at the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _shown(lines: list[str], column: int) -> tuple[str, ...]:
    """As many lines, and of each as much, as a person reads; the first around `column`."""
    starts = [max(0, column - _AROUND), *[0] * MAX_LINES]
    shown = [
        line if len(line) <= MAX_COLUMNS else f"{line[at : at + MAX_COLUMNS]}…"
        for line, at in zip(lines[:MAX_LINES], starts, strict=False)
    ]
    return (
        (*shown, f"… {len(lines) - MAX_LINES} more lines")
        if len(lines) > MAX_LINES
        else tuple(shown)
    )
