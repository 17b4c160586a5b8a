"""Reading tar archives from outside into image entries, in one pass, with everything bounded."""

from __future__ import annotations

import contextlib
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Self, TypeVar, cast

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import (
    Directory,
    Entry,
    File,
    Hardlink,
    Symlink,
    check_link,
    check_path,
    plain_mode,
)

H = TypeVar("H", bound=tarfile.TarInfo)
MAX_MEMBER = 512 << 20
MAX_MEMBERS = 100_000
MAX_EXTENSION = 1 << 20
_EXTENSIONS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


class Bounded:
    """A stream that refuses to give more than so many bytes: a small package can hold terabytes."""

    def __init__(self, stream: BinaryIO, limit: int, origin: str) -> None:
        self._stream = stream
        self._left = limit
        self._origin = origin

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; raises `MemberError` past the limit or for damaged ones."""
        try:
            data = self._stream.read(size)
        except (lzma.LZMAError, zlib.error, EOFError, OSError) as error:
            raise MemberError(f"{self._origin}: damaged: {error}") from error
        self._left -= len(data)
        if self._left < 0:
            raise MemberError(f"{self._origin}: unpacks to more than is allowed")
        return data


class Header(tarfile.TarInfo):
    """A header whose own extensions are bounded: tarfile reads those into memory whole.

    One that can't be read is told: tarfile takes it for the end, and hides what comes after it.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """See `tarfile.TarInfo.frombuf`; raises `MemberError` for sizes no archive has."""
        with _told():
            return _bounded(super().frombuf(buf, encoding, errors))

    @classmethod
    def _frombuf(
        cls, buf: bytes | bytearray, encoding: str, errors: str, *, dircheck: bool = True
    ) -> Self:
        """The same for the Pythons that read headers through this (3.13.5, 3.14)."""
        with _told():
            found = super()._frombuf(buf, encoding, errors, dircheck=dircheck)  # type: ignore[misc]
        return _bounded(cast("Self", found))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except tarfile.InvalidHeaderError as error:  # type: ignore[attr-defined]
        raise MemberError(f"damaged: {error}") from error


def _bounded(header: H) -> H:
    if header.size < 0 or (header.type in _EXTENSIONS and header.size > MAX_EXTENSION):
        raise MemberError(f"an extended header of {header.size} bytes")
    return header


def members(stream: Bounded, origin: str) -> Iterator[Entry]:
    """The archive's members in its own order; raises `MemberError` for one that may not be."""
    count = 0
    try:
        source = cast("BinaryIO", stream)
        with tarfile.open(fileobj=source, mode="r|", tarinfo=Header, encoding="utf-8") as archive:
            for member in archive:
                count += 1
                if count > MAX_MEMBERS:
                    raise MemberError(f"{origin}: more than {MAX_MEMBERS} members")
                entry = _entry(archive, member, origin)
                if entry is not None:
                    yield entry
    except (tarfile.TarError, ValueError) as error:
        raise MemberError(f"{origin}: damaged: {error}") from error


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo, origin: str) -> Entry | None:
    name = member.name.removeprefix("./").removesuffix("/")
    if name in {"", "."}:
        return None
    path = check_path(name, origin)
    if member.isdir():
        return Directory(path)
    if member.issym():
        return Symlink(path, check_link(path, member.linkname, origin))
    if member.islnk():
        return Hardlink(path, check_path(member.linkname.removeprefix("./"), origin))
    if not member.isreg() or member.issparse():
        raise MemberError(f"{origin}: {path!r} is a device or another special file")
    if member.size > MAX_MEMBER:
        raise MemberError(f"{origin}: {path!r} holds {member.size} bytes; at most {MAX_MEMBER}")
    mode = plain_mode(member.mode, path, origin)
    content = archive.extractfile(member)
    return File(path, mode, content.read() if content else b"")
