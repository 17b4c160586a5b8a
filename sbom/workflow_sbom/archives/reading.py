"""Archives as they stand: every entry, its digest, and the bytes of the few that are asked for.

Nothing is unpacked. What two readers could read in two ways (a name twice, bytes between entries, a
path out of the archive) is refused, and so is what would overwhelm one: `InventoryError` says what.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn, cast

from workflow_sbom.archives.entry import Entry, Kind
from workflow_sbom.archives.forward import Forward
from workflow_sbom.digest import CHUNK, Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.printable import printable

MAX_ENTRIES = 200_000
MAX_UNPACKED = 8 << 30
MAX_KEPT = 8 << 20
MAX_KEPT_IN_ALL = 256 << 20
MAX_PATH = 4096
MAX_LINK = 4096
_END_OF_ZIP = struct.Struct("<4s8xII2x")
_LOCAL_HEADER = struct.Struct("<26xHH")

Keep = Callable[[str], bool]
"""Whether the bytes of the file at a path are wanted."""

# Whatever the archive modules raise for archives that are none, or are damaged or encrypted.
_UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """An archive's entries in their order, and the bytes that were asked for by path."""

    entries: tuple[Entry, ...]
    kept: Mapping[str, bytes]

    def files(self) -> Mapping[str, Digest]:
        """The digest of every file."""
        return {each.path: each.digest for each in self.entries if each.digest is not None}


def read_zip(path: Path, keep: Callable[[frozenset[str]], Keep]) -> Contents:
    """The entries of a zip archive; `keep` is told all names before anything is read.

    Raises `InventoryError`, also for a comment and for what needs zip64.
    """
    with _refusing(path.name), path.open("rb") as stream:
        _require_plain_zip(stream)
        with zipfile.ZipFile(stream) as archive:
            headers = archive.infolist()
            reading = _Reading(keep(frozenset(each.orig_filename for each in headers)))
            for header in headers:
                _add_zipped(header, archive, reading)
            _require_no_gaps(stream, archive)
        return reading.done()


def read_tar(path: Path, keep: Keep) -> Contents:
    """The entries of a tar archive, gzipped or not, in one pass; raises `InventoryError`."""
    with _refusing(path.name), _opened(path) as inner:
        reading, forward = _Reading(keep), Forward(inner, furthest=MAX_UNPACKED)
        with tarfile.open(fileobj=cast("IO[bytes]", forward), mode="r:", encoding="utf-8") as tar:
            for header in tar:
                _add_tarred(header, tar, reading)
                # The list of headers that tarfile keeps would grow with the archive.
                tar.members = []  # type: ignore[attr-defined]
        forward.require_end()
        return reading.done()


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        gzipped = stream.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if gzipped else path.open("rb")


class _Reading:
    """What was read so far; refuses what goes beyond the bounds."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._entries: dict[str, Entry] = {}
        self._kept: dict[str, bytes] = {}
        self._unpacked = self._held = 0

    def admit(self, path: str, size: int) -> None:
        """One more entry, if its name leads nowhere else and there is room for it."""
        _check_path(path)
        if path in self._entries:
            _refuse(f"{path[:120]!a} stands twice")
        self._unpacked += size
        if len(self._entries) >= MAX_ENTRIES or self._unpacked > MAX_UNPACKED:
            _refuse(f"more than {MAX_ENTRIES} entries or {MAX_UNPACKED} bytes")

    def add(self, path: str, kind: Kind, target: str | None = None) -> None:
        """An entry that is no file."""
        self._entries[path] = Entry(path=path, kind=kind, target=target)

    def file(self, path: str, stream: IO[bytes], size: int) -> None:
        """A file, hashed to its end."""
        keep = self._keep(path)
        if keep:
            self._held += size
            if size > MAX_KEPT or self._held > MAX_KEPT_IN_ALL:
                _refuse(f"{path[:120]!a} has {size} bytes, more than is read of such a file")
        state, data = hashlib.sha256(), bytearray()
        while chunk := stream.read(CHUNK):
            state.update(chunk)
            if keep:
                data += chunk
        self._entries[path] = Entry(path=path, kind="file", digest=Digest(state.hexdigest()))
        if keep:
            self._kept[path] = bytes(data)

    def done(self) -> Contents:
        """All of it; refuses a file that is a folder, too."""
        for path in self._entries:
            for parent in map(str, PurePosixPath(path).parents):
                if parent in self._entries and self._entries[parent].kind != "directory":
                    _refuse(f"{parent[:120]!a} is a file, and {path[:120]!a} lies below it")
        return Contents(entries=tuple(self._entries.values()), kept=self._kept)


def _check_path(path: str) -> None:
    """Relative, without `.` and `..`, and fit to be printed."""
    parts = path.split("/")
    if len(path) > MAX_PATH or len(parts) > 100:
        _refuse(f"the path {path[:80]!a}… is longer than any that is read")
    if not path.isprintable() or "\\" in path or {"", ".", ".."} & set(parts):
        _refuse(f"the path {path[:120]!a} leads out of the archive, or is none")


def _add_zipped(header: zipfile.ZipInfo, archive: zipfile.ZipFile, reading: _Reading) -> None:
    path = header.orig_filename.removesuffix("/")
    reading.admit(path, header.file_size)
    kind = _zip_kind(header)
    if kind == "file":
        with archive.open(header) as content:
            reading.file(path, content, header.file_size)
        return
    with archive.open(header) as content:
        text = content.read(MAX_LINK + 1)
    if len(text) > (MAX_LINK if kind == "symlink" else 0):
        _refuse(f"{path[:120]!a} is a {kind} that holds {header.file_size} bytes")
    target = text.decode(errors="backslashreplace") if kind == "symlink" else None
    reading.add(path, kind, target)


def _zip_kind(header: zipfile.ZipInfo) -> Kind:
    """Links and devices are told by Unix modes; archives without these hold files and folders."""
    if header.orig_filename.endswith("/"):
        return "directory"
    kinds: dict[int, Kind] = {
        0: "file",
        stat.S_IFREG: "file",
        stat.S_IFLNK: "symlink",
        stat.S_IFIFO: "fifo",
    }
    return kinds.get(stat.S_IFMT(header.external_attr >> 16), "device")


def _require_plain_zip(stream: IO[bytes]) -> None:
    """The directory and its end are the file's last bytes (APPNOTE.TXT 4.3.16), and bounded."""
    end = stream.seek(0, 2) - _END_OF_ZIP.size
    stream.seek(max(0, end))
    record = stream.read()
    if len(record) < _END_OF_ZIP.size:
        _refuse("no zip archive")
    signature, size, offset = _END_OF_ZIP.unpack(record)
    if signature != b"PK\x05\x06" or offset + size != end:
        _refuse("bytes before or after the zip archive, or a comment")
    if size > MAX_ENTRIES * 256:
        _refuse(f"a zip directory of {size} bytes")
    stream.seek(0)


def _require_no_gaps(stream: IO[bytes], archive: zipfile.ZipFile) -> None:
    """Entries follow one another: nothing between them that only some readers would see."""
    expected = {0}
    for header in sorted(archive.infolist(), key=lambda each: each.header_offset):
        if header.header_offset not in expected:
            _refuse(f"bytes between the archive's entries, before {header.orig_filename[:120]!a}")
        stream.seek(header.header_offset)
        name, extra = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
        end = stream.tell() + name + extra + header.compress_size
        # The sizes may follow the contents once more (4.3.9), with or without a signature.
        expected = {end + each for each in ((12, 16, 20, 24) if header.flag_bits & 8 else (0,))}
    if archive.start_dir not in expected:
        _refuse("bytes between the archive's entries and its directory")


def _add_tarred(header: tarfile.TarInfo, tar: tarfile.TarFile, reading: _Reading) -> None:
    path = header.name
    reading.admit(path, header.size)
    kind = _tar_kind(header)
    content = tar.extractfile(header) if kind == "file" else None
    if content is not None:
        reading.file(path, content, header.size)
    else:
        linked = kind in {"symlink", "hardlink"}
        reading.add(path, kind, header.linkname[:MAX_LINK] if linked else None)


def _tar_kind(header: tarfile.TarInfo) -> Kind:
    if header.issparse():
        _refuse(f"{header.name[:120]!a} is a sparse file")
    kinds: dict[bytes, Kind] = {
        tarfile.DIRTYPE: "directory",
        tarfile.SYMTYPE: "symlink",
        tarfile.LNKTYPE: "hardlink",
        tarfile.FIFOTYPE: "fifo",
    }
    return "file" if header.isreg() else kinds.get(header.type, "device")


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Whatever goes wrong with an archive's bytes is `InventoryError` that names the archive."""
    try:
        yield
    except InventoryError as error:
        raise InventoryError(f"{name}: {error}; build it again") from error
    except _UNREADABLE as error:
        raise InventoryError(
            f"{name}: no readable archive: {printable(str(error))[:160]}"
        ) from error


def _refuse(what: str) -> NoReturn:
    raise InventoryError(what)
