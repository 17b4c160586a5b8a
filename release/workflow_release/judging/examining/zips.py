"""Zip archives as they stand, if there is only one way to read them.

Readers go by the directory at the end or by the entries in their order; an archive in which these
differ (APPNOTE.TXT 4.3) is refused.
"""

from __future__ import annotations

import stat
import struct
import zipfile
from typing import IO

from workflow_release.judging.evidence import Member, MemberKind
from workflow_release.judging.examining.contents import (
    Contents,
    Keep,
    Reading,
    nothing,
    readable,
    refuse,
)

_MAX_LINK = 4096
_END_OF_ZIP = struct.Struct("<4s8xII2x")
_LOCAL_HEADER = struct.Struct("<26xHH")


def read_zip(stream: IO[bytes], keep: Keep = nothing) -> Contents:
    """The entries of a zip archive in the order of its directory; raises `BuildError`."""
    with readable():
        _require_plain_zip(stream)
        reading = Reading(keep)
        with zipfile.ZipFile(stream) as archive:
            for header in archive.infolist():
                reading.admit(header.file_size)
                reading.members.append(_zip_member(header, archive, reading))
            _require_no_gaps(stream, archive)
        return reading.done()


def _require_plain_zip(stream: IO[bytes]) -> None:
    """The directory and its end are the file's last bytes: no second way to read the file.

    APPNOTE.TXT 4.3.16; an archive so large that it needs zip64 is refused here, too.
    """
    end = stream.seek(0, 2) - _END_OF_ZIP.size
    stream.seek(max(0, end))
    record = stream.read()
    signature, size, offset = (
        _END_OF_ZIP.unpack(record) if len(record) == _END_OF_ZIP.size else (b"", 0, 0)
    )
    if signature != b"PK\x05\x06" or offset + size != end:
        refuse("bytes before or after the zip archive, or a comment")
    stream.seek(0)


def _require_no_gaps(stream: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Entries follow one another: nothing between them that only some readers would see."""
    expected = {0}
    for header in sorted(archive.infolist(), key=lambda each: each.header_offset):
        if header.header_offset not in expected:
            refuse(f"bytes between the zip archive's entries, before {header.orig_filename!r}")
        stream.seek(header.header_offset)
        name, extra = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
        end = stream.tell() + name + extra + header.compress_size
        # The sizes may follow the contents once more (4.3.9), with or without a signature.
        expected = {end + each for each in ((12, 16) if header.flag_bits & 0x08 else (0,))}
    if archive.start_dir not in expected:
        refuse("bytes between the zip archive's entries and its directory")


def _zip_member(header: zipfile.ZipInfo, archive: zipfile.ZipFile, reading: Reading) -> Member:
    mode = header.external_attr >> 16
    path, kind = header.orig_filename, _zip_kind(header, mode)
    secret, link = False, None
    if kind == "symlink":
        link = archive.read(header)[:_MAX_LINK].decode(errors="replace")
    elif kind == "file":
        with archive.open(header) as content:
            secret = reading.content(path, content, header.file_size)
    return Member(
        path=path.removesuffix("/") if kind == "directory" else path,
        kind=kind,
        mode=stat.S_IMODE(mode),
        link=link,
        size=header.file_size if kind == "file" else 0,
        private_key=secret,
    )


def _zip_kind(header: zipfile.ZipInfo, mode: int) -> MemberKind:
    """Links and devices are told by Unix modes; archives without these hold files and folders."""
    if header.orig_filename.endswith("/"):
        return "directory"
    kinds: dict[int, MemberKind] = {
        0: "file",
        stat.S_IFREG: "file",
        stat.S_IFLNK: "symlink",
        stat.S_IFBLK: "device",
        stat.S_IFCHR: "device",
        stat.S_IFIFO: "fifo",
    }
    return kinds.get(stat.S_IFMT(mode), "other")
