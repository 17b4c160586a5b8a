"""Reading archives without unpacking them: every entry as it stands, no judgement.

Bounded in entries, in bytes, and in what one header may make the reader hold; `BuildError` says
what makes an archive unreadable.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, NoReturn, Protocol, cast

from workflow_release.errors import BuildError
from workflow_release.evidence import Member, MemberKind
from workflow_sbom.digest import CHUNK, Digest

MAX_MEMBERS = 200_000
MAX_UNPACKED = 8 << 30
MAX_KEPT = 4 << 20
MAX_HEADER = 1 << 20
_SCANNED = 64 << 10
_PRIVATE_KEY = re.compile(
    rb"^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s[A-Za-z0-9+/=:,\s-]{40,}?^-----END ", re.MULTILINE
)
_END_OF_ZIP = struct.Struct("<4s8xII2x")
_LOCAL_HEADER = struct.Struct("<26xHH")

Keep = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """An archive's entries in their order, the bytes that were asked for, every file's digest.

    `offsets` says where a file's bytes begin in an archive that is not compressed.
    """

    members: tuple[Member, ...]
    kept: Mapping[str, bytes]
    digests: Mapping[str, Digest]
    offsets: Mapping[str, int]


class _Reading:
    """What was read so far."""

    def __init__(self, keep: Keep) -> None:
        self.members: list[Member] = []
        self.kept: dict[str, bytes] = {}
        self.digests: dict[str, Digest] = {}
        self.offsets: dict[str, int] = {}
        self._keep = keep
        self._total = 0

    def admit(self, size: int) -> None:
        """One more entry of that size, if there is room for it."""
        self._total += size
        if len(self.members) >= MAX_MEMBERS or self._total > MAX_UNPACKED:
            _refuse(f"more than {MAX_MEMBERS} entries or {MAX_UNPACKED} bytes")

    def content(self, path: str, stream: IO[bytes], size: int) -> bool:
        """Read a file; returns whether it holds a private key."""
        keep = self._keep(path)
        if keep and size > MAX_KEPT:
            _refuse(f"{path!r} has {size} bytes; at most {MAX_KEPT} are read")
        state, head = hashlib.sha256(), bytearray()
        while chunk := stream.read(CHUNK):
            state.update(chunk)
            if keep or size <= _SCANNED:
                head += chunk
        self.digests[path] = Digest(state.hexdigest())
        if keep:
            self.kept[path] = bytes(head)
        return size <= _SCANNED and _PRIVATE_KEY.search(head) is not None

    def done(self) -> Contents:
        return Contents(
            members=tuple(self.members), kept=self.kept, digests=self.digests, offsets=self.offsets
        )


def nothing(_: str) -> bool:
    """Keep no file's bytes."""
    return False


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


@contextmanager
def readable() -> Iterator[None]:
    """Whatever the archive libraries raise about malformed bytes becomes `BuildError`."""
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise BuildError(f"no readable archive: {str(error)[:200]}") from error
    except (
        OSError,
        EOFError,
        ValueError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BuildError(f"no readable archive: {str(error)[:200]}") from error


class Readable(Protocol):
    """A source of bytes, read from front to back."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


def read_tar(stream: Readable, keep: Keep = nothing, archive: str = "") -> Contents:
    """The entries of a tar archive, read once from front to back; raises `BuildError`."""
    with readable():
        reading, forward = _Reading(keep), _Forward(stream)
        with tarfile.open(fileobj=cast("IO[bytes]", forward), mode="r:") as tar:
            for header in tar:
                reading.admit(header.size)
                reading.members.append(_tar_member(header, tar, reading, archive))
                # The list of headers that tarfile keeps would grow with the archive.
                tar.members = []  # type: ignore[attr-defined]
        forward.require_end()
        return reading.done()


def _tar_member(
    header: tarfile.TarInfo, tar: tarfile.TarFile, reading: _Reading, archive: str
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


class _Forward:
    """A stream that only goes forward, so that a compressed one is read once.

    Refuses what one header may ask to hold at a time, and remembers the last block, for `tarfile`
    ends in silence at a header it can't read.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._position = 0
        self._last = b""

    def read(self, size: int) -> bytes:
        if size > MAX_HEADER:
            _refuse(f"a header that asks for {size} bytes at once")
        self._last = self._stream.read(size)
        self._position += len(self._last)
        return self._last

    def seek(self, position: int) -> int:
        if position < self._position or position > MAX_UNPACKED:
            _refuse(f"an entry that begins at {position}")
        while self._position < position and self.read(min(CHUNK, position - self._position)):
            pass
        return self._position

    def tell(self) -> int:
        return self._position

    def require_end(self) -> None:
        """The archive ends as it should: a block of zeros, and nothing but zeros after it."""
        if len(self._last) < tarfile.BLOCKSIZE:
            _refuse("the archive is cut short")
        while self._last:
            if self._last.strip(b"\0"):
                _refuse("an unreadable header, or bytes after the end of the archive")
            self.read(CHUNK)


def read_zip(stream: IO[bytes], keep: Keep = nothing) -> Contents:
    """The entries of a zip archive in the order of its directory; raises `BuildError`."""
    with readable():
        _require_plain_zip(stream)
        reading = _Reading(keep)
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
        _refuse("bytes before or after the zip archive, or a comment")
    stream.seek(0)


def _require_no_gaps(stream: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Entries follow one another: nothing between them that only some readers would see."""
    expected = {0}
    for header in sorted(archive.infolist(), key=lambda each: each.header_offset):
        if header.header_offset not in expected:
            _refuse(f"bytes between the zip archive's entries, before {header.orig_filename!r}")
        stream.seek(header.header_offset)
        name, extra = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
        end = stream.tell() + name + extra + header.compress_size
        # The sizes may follow the contents once more (4.3.9), with or without a signature.
        expected = {end + each for each in ((12, 16) if header.flag_bits & 0x08 else (0,))}
    if archive.start_dir not in expected:
        _refuse("bytes between the zip archive's entries and its directory")


def _zip_member(header: zipfile.ZipInfo, archive: zipfile.ZipFile, reading: _Reading) -> Member:
    mode = header.external_attr >> 16
    path, kind = header.orig_filename, _zip_kind(header, mode)
    secret, link = False, None
    if kind == "symlink":
        link = archive.read(header)[:MAX_HEADER].decode(errors="replace")
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
    if header.is_dir():
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


def _refuse(what: str) -> NoReturn:
    raise BuildError(what)
