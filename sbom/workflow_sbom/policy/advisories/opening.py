"""A database of OSV records read from a folder or a zip file, streamed and bounded.

Layout: `*.json` files, one record each, at the top (`all.zip`) or below folders (one an
ecosystem), in which zip files of such may lie, too (`PyPI/all.zip`). Nothing is unpacked; names in
an archive only serve to name a bad record.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from workflow_sbom.digest import Digest, measure
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.advisories.lookup import Lookup
from workflow_sbom.policy.advisories.record import MAX_BYTES
from workflow_sbom.policy.advisories.snapshot import Collecting, Snapshot

MAX_RECORDS = 1_000_000
MAX_TOTAL = 4 << 30
MAX_DIRECTORY = 64 << 20
MAX_DEPTH = 8
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 65535
_IS_64_BIT = 0xFFFFFFFF
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_MARK = b"PK\x06\x07"
_LENGTH_64 = struct.Struct("<40xQ")


def read(path: Path, wanted: Collection[Lookup]) -> Snapshot:
    """Read what a database says of the wanted packages.

    Raises `DocumentError` for what is no database or beyond the bounds, `OSError` when it can't
    be read.
    """
    collecting, mode = Collecting(wanted), path.stat().st_mode
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise DocumentError("neither a folder nor a zip file")
    if stat.S_ISDIR(mode):
        return collecting.done(path.name, _read_folder(path, collecting))
    with path.open("rb") as stream:
        digest = measure(stream).digest
        _read_zip(stream, collecting)
    return collecting.done(path.name, digest)


def _read_folder(folder: Path, collecting: Collecting) -> Digest:
    """Read every file below; the digest is of their names and digests, sorted."""
    state = hashlib.sha256()
    for name in _files_below(folder, "", 0):
        state.update(f"{_read_file(folder / name, name, collecting)}  {name!a}\n".encode())
    return Digest(state.hexdigest())


def _files_below(folder: Path, before: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise DocumentError(f"folders nested deeper than {MAX_DEPTH}: {before[:80]!a}")
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path), f"{before}{entry.name}/", depth + 1)
        elif entry.name.endswith((".json", ".zip")):
            yield before + entry.name


def _read_file(path: Path, name: str, collecting: Collecting) -> str:
    """Read one file, and tell its digest; a link or a device is refused by name."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        collecting.refuse(name, error.strerror or "it can't be opened")
        return ""
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            collecting.refuse(name, "no regular file")
            return ""
        if name.endswith(".zip"):
            return _read_nested(stream, name, collecting)
        data = stream.read(MAX_BYTES + 1)
    _add(collecting, name, data)
    return hashlib.sha256(data).hexdigest()


def _read_nested(stream: BinaryIO, name: str, collecting: Collecting) -> str:
    """Read the zip file of one ecosystem; one that is none is refused by name."""
    digest = measure(stream).digest
    try:
        _read_zip(stream, collecting)
    except DocumentError as error:
        _require_bounds(collecting)
        collecting.refuse(name, error.message)
    return digest.hex


def _read_zip(stream: BinaryIO, collecting: Collecting) -> None:
    _require_directory(stream)
    try:
        with zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                if not member.is_dir() and member.filename.endswith(".json"):
                    _read_member(archive, member, collecting)
    except DocumentError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DocumentError(f"no zip file that can be read: {str(error)[:80]}") from error


def _require_directory(stream: BinaryIO) -> None:
    """Refuse a directory of entries that would not fit in memory, before it is read."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - _LONGEST_COMMENT - _END.size)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or at + _END.size > len(tail):
        raise DocumentError("no zip file: it has no end of a directory")
    length = _END.unpack_from(tail, at)[5]
    if length == _IS_64_BIT:
        length = _length_64(stream, start + at)
    if length > MAX_DIRECTORY:
        raise DocumentError(
            f"a zip file whose directory takes {length} bytes; at most {MAX_DIRECTORY} are read"
        )


def _length_64(stream: BinaryIO, end: int) -> int:
    """The directory's length where there are too many entries for the older field."""
    stream.seek(max(0, end - _LOCATOR.size))
    mark, _, offset, _ = _LOCATOR.unpack(stream.read(_LOCATOR.size))
    if mark != _LOCATOR_MARK:
        return _IS_64_BIT
    stream.seek(min(offset, end))
    record = stream.read(_LENGTH_64.size)
    return int(_LENGTH_64.unpack(record)[0]) if len(record) == _LENGTH_64.size else _IS_64_BIT


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, collecting: Collecting) -> None:
    """Read one record, no further than a record may be long, whatever its header says."""
    try:
        with archive.open(member) as stream:
            data = stream.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        collecting.refuse(member.filename, f"no member that can be read: {str(error)[:80]}")
    else:
        _add(collecting, member.filename, data)


def _add(collecting: Collecting, name: str, data: bytes) -> None:
    collecting.add(name, data)
    _require_bounds(collecting)


def _require_bounds(collecting: Collecting) -> None:
    if collecting.records > MAX_RECORDS or collecting.size > MAX_TOTAL:
        raise DocumentError(
            f"a database of more than {MAX_RECORDS} records or {MAX_TOTAL >> 30} GiB"
        )
