"""Tar archives as they stand: every entry, read once from front to back.

Bounded in entries, in bytes, and in what one header may make the reader hold.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from workflow_release.judging.evidence import Member, MemberKind
from workflow_release.judging.examining import contents
from workflow_release.judging.examining.contents import Contents, Keep, Reading, nothing
from workflow_sbom.archives.forward import Forward, Readable


def read_tar(stream: Readable, keep: Keep = nothing, archive: str = "") -> Contents:
    """The entries of a tar archive, read once from front to back; raises `BuildError`."""
    with contents.readable():
        reading, forward = Reading(keep), Forward(stream, furthest=contents.MAX_UNPACKED)
        with tarfile.open(fileobj=cast("IO[bytes]", forward), mode="r:", encoding="utf-8") as tar:
            for header in tar:
                reading.admit(header.size)
                reading.members.append(_tar_member(header, tar, reading, archive))
                # The list of headers that tarfile keeps would grow with the archive.
                tar.members = []  # type: ignore[attr-defined]
        forward.require_end()
        return reading.done()


def _tar_member(
    header: tarfile.TarInfo, tar: tarfile.TarFile, reading: Reading, archive: str
) -> Member:
    kind = _tar_kind(header)
    secret = False
    if kind == "file":
        reading.offsets[header.name] = header.offset_data
        content = tar.extractfile(header)
        if content is not None:
            secret = reading.content(header.name, content, header.size)
    return Member(
        path=header.name,
        kind=kind,
        mode=header.mode & 0o7777,
        link=header.linkname if kind in {"symlink", "hardlink"} else None,
        size=header.size if kind == "file" else 0,
        archive=archive,
        private_key=secret,
    )


def _tar_kind(header: tarfile.TarInfo) -> MemberKind:
    kinds: tuple[tuple[bool, MemberKind], ...] = (
        (header.issparse(), "other"),
        (header.isreg(), "file"),
        (header.isdir(), "directory"),
        (header.issym(), "symlink"),
        (header.islnk(), "hardlink"),
        (header.ischr() or header.isblk(), "device"),
        (header.isfifo(), "fifo"),
    )
    return next((kind for holds, kind in kinds if holds), "other")


class Hashing:
    """A stream that hashes what is read from it; a reader for `read_tar`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._state = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self._state.update(data)
        return data

    def hexdigest(self) -> str:
        """The SHA-256 of everything read so far, in hexadecimal."""
        return self._state.hexdigest()


@contextmanager
def gunzipped(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """The bytes inside a gzip file."""
    with gzip.GzipFile(fileobj=stream, mode="rb") as inner:
        yield cast("IO[bytes]", inner)
