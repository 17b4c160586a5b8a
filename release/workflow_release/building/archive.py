"""Archives written one way: same members, same bytes, whatever machine or backend made them.

tar.gz: members sorted, owner 0, no names, modes 0644 or 0755, one time, a pinned compressor.
Wheels: the same, their members' compressed bytes by the same compressor, `.dist-info` last and
`RECORD` at the very end (PEP 427). Readers refuse whatever could escape, hide or overwhelm.
"""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from zlib_ng import zlib_ng

from workflow_containers.layers.compress import LEVEL, STEP, Member
from workflow_release.errors import BuildError
from workflow_release.repository import links

MAX_MEMBERS = 100_000
_MAX_ZIPPED = 65_534
MAX_BYTES = (4 << 30) - (64 << 20)  # a plain zip file ends at 4 GiB, its directory included
_DOS_EPOCH = 315_532_800  # 1980-01-01, the first moment a zip can name
_LAST = 4_354_819_198  # 2107-12-31 23:59:58, and the last
_UTF8 = 0x800
_MAX_HEADER = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file, folder (`open` is None) or link of an archive; `executable` is all its mode."""

    path: str
    size: int = 0
    executable: bool = False
    link: str | None = None
    open: Callable[[], IO[bytes]] | None = None


def write_tar_gz(items: Iterable[Item], out: Path, epoch: int) -> None:
    """Write a tar.gz of the items, sorted by path; memory does not grow with their size."""
    with out.open("xb") as stream:
        member = Member(stream)
        adapter = cast(IO[bytes], _Adapter(member))
        with tarfile.open(fileobj=adapter, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for item in sorted(items, key=lambda each: each.path):
                _add(tar, item, epoch)
        member.finish()


class _Adapter:
    """What tarfile's stream mode asks of a file object."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def write(self, data: bytes) -> int:
        self._member.write(data)
        return len(data)


def _add(tar: tarfile.TarFile, item: Item, epoch: int) -> None:
    info = tarfile.TarInfo(item.path)
    info.mtime = epoch
    info.mode = 0o755 if item.executable or item.open is None else 0o644
    if item.link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, item.link, 0o777
        tar.addfile(info)
    elif item.open is None:
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    else:
        info.size = item.size
        with item.open() as stream:
            tar.addfile(info, stream)


def items_of(folder: Path, root: str) -> Iterator[Item]:
    """The files and folders of a folder on disk, under the name `root`; no links."""
    yield Item(path=root)
    for path in sorted(folder.rglob("*")):
        name = f"{root}/{path.relative_to(folder).as_posix()}"
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield Item(path=name)
        elif stat.S_ISREG(mode):
            size = path.stat().st_size
            yield Item(path=name, size=size, executable=bool(mode & 0o100), open=_opener(path))
        else:
            raise BuildError(
                f"{name}: neither a file nor a folder", remedy="build regular files only"
            )


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def normalise_sdist(source: Path, out: Path, epoch: int) -> None:
    """Rewrite a source distribution; raises `BuildError` for members that may not be there."""
    try:
        with tempfile.TemporaryFile(dir=source.parent) as plain:
            _decompress(source, plain)
            bounded = cast(IO[bytes], _Bounded(plain))
            with tarfile.open(fileobj=bounded, mode="r:", encoding="utf-8") as tar:
                members = _sane(list(islice(tar, MAX_MEMBERS + 1)), source.name)
                write_tar_gz([_tar_item(tar, info) for info in members], out, epoch)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise BuildError(f"{source.name}: no readable tar archive: {error}") from error


def _decompress(source: Path, plain: IO[bytes]) -> None:
    """The archive without its compression, for members are read in another order than they lie."""
    left = MAX_BYTES
    with gzip.open(source) as stream:
        while chunk := stream.read(STEP):
            left -= len(chunk)
            if left < 0:
                raise BuildError(f"{source.name}: unpacks to more than {MAX_BYTES} bytes")
            plain.write(chunk)
    plain.seek(0)


class _Bounded:
    """A file of which nobody may hold more than a header's share at a time."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        if size > _MAX_HEADER:
            raise tarfile.ReadError(f"a header that asks for {size} bytes at once")
        return self._stream.read(size)


def _tar_item(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Item:
    path = info.name.rstrip("/")
    if info.isdir():
        return Item(path=path)
    if info.issym():
        return Item(path=path, link=info.linkname)
    return Item(
        path=path,
        size=info.size,
        executable=bool(info.mode & 0o100),
        open=lambda: _extracted(tar, info),
    )


def _extracted(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(info)
    if stream is None:
        raise BuildError(f"{info.name}: no file in the archive")
    return stream


def _sane(members: list[tarfile.TarInfo], origin: str) -> list[tarfile.TarInfo]:
    faults = []
    if len(members) > MAX_MEMBERS or sum(info.size for info in members) > MAX_BYTES:
        faults.append(f"more than {MAX_MEMBERS} members or {MAX_BYTES} bytes")
    odd = (info for info in members if not (info.isreg() or info.isdir() or info.issym()))
    faults += [f"{info.name!r} is no file, folder or link" for info in odd]
    faults += _bad_links(members)
    names = [info.name.rstrip("/") for info in members]
    faults += _bad_names(names, (info.name for info in members if not info.isdir()))
    _refuse(faults, origin)
    return members


def _bad_links(members: list[tarfile.TarInfo]) -> Iterator[str]:
    """A link stays in the folder at the top of the archive, through whatever links it passes."""
    texts = {PurePosixPath(info.name): info.linkname for info in members if info.issym()}
    for path, text in texts.items():
        end = links.destination(path, texts) if links.is_portable(text) else None
        if end is None or end.parts[:1] != path.parts[:1]:
            yield f"{str(path)!r} links to {text!r}, outside the archive"


def _bad_names(names: list[str], files: Iterable[str]) -> list[str]:
    faults = [
        f"{name!r} is no path inside the archive"
        for name in names
        if not name
        or name.startswith("/")
        or "\\" in name
        or not name.isprintable()
        or not {"", ".", ".."}.isdisjoint(name.split("/"))
    ]
    counts = Counter(names)
    faults += [f"{name!r} stands twice" for name, count in counts.items() if count > 1]
    folders = {str(parent) for name in counts for parent in PurePosixPath(name).parents}
    faults += [f"{name!r} is a file and a folder" for name in files if name in folders]
    return faults


def _refuse(faults: list[str], origin: str) -> None:
    if faults:
        raise BuildError(
            "\n".join(f"{origin}: {fault}" for fault in faults),
            remedy="mend what the build backend puts into its archive",
        )


UNREADABLE = (
    zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
    zlib.error, lzma.LZMAError, struct.error,
)  # fmt: skip


def normalise_wheel(
    source: Path, out: Path, epoch: int, written: Mapping[str, bytes] | None = None
) -> None:
    """Rewrite a wheel; raises `BuildError` for members that may not be there.

    `written` are members that are added, or that stand in the place of the wheel's own.
    """
    anew = written or {}
    try:
        with zipfile.ZipFile(source) as wheel:
            infos = [info for info in wheel.infolist() if not info.is_dir()]
            names = [info.filename for info in infos]
            faults = _bad_names(names, names)
            if sum(info.file_size for info in infos) > MAX_BYTES or len(infos) > _MAX_ZIPPED:
                faults.append(f"more than {_MAX_ZIPPED} members or {MAX_BYTES} bytes")
            _refuse(faults, source.name)
            kept = {info.filename: info for info in infos if info.filename not in anew}
            with out.open("xb") as stream:
                writer = ZipWriter(stream, epoch)
                for name in sorted({*kept, *anew}, key=_wheel_order):
                    if name in kept:
                        _copy(wheel, kept[name], writer)
                    else:
                        writer.add(name, io.BytesIO(anew[name]), executable=False)
                writer.finish()
    except UNREADABLE as error:
        raise BuildError(f"{source.name}: no readable wheel: {error}") from error


def _copy(wheel: zipfile.ZipFile, info: zipfile.ZipInfo, writer: ZipWriter) -> None:
    executable = bool(info.external_attr >> 16 & 0o100)
    with wheel.open(info) as member:
        size = writer.add(info.filename, member, executable=executable)
    if size != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename!r} has not the size it claims")


def _wheel_order(name: str) -> tuple[bool, bool, str]:
    folder = name.partition("/")[0]
    return (folder.endswith(".dist-info"), name.endswith("/RECORD"), name)


class ZipWriter:
    """A zip file (APPNOTE 6.3) of deflated members with fixed attributes and one time."""

    def __init__(self, stream: BinaryIO, epoch: int) -> None:
        self._stream = stream
        moment = datetime.fromtimestamp(min(max(epoch, _DOS_EPOCH), _LAST), UTC)
        self._date = (moment.year - 1980) << 9 | moment.month << 5 | moment.day
        self._time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
        self._directory: list[bytes] = []

    def add(self, name: str, content: IO[bytes], *, executable: bool) -> int:
        """Add a member and return its size; its header is written again when that is known."""
        encoded, start = name.encode(), self._stream.tell()
        self._stream.write(b"PK\x03\x04" + self._fields(encoded, 0, 0, 0) + encoded)
        crc, size, packed = self._deflate(content)
        fields = self._fields(encoded, crc, size, packed)
        end = self._stream.tell()
        self._stream.seek(start)
        self._stream.write(b"PK\x03\x04" + fields)
        self._stream.seek(end)
        mode = stat.S_IFREG | (0o755 if executable else 0o644)
        tail = struct.pack("<HHHLL", 0, 0, 0, mode << 16, start)
        self._directory.append(b"PK\x01\x02\x14\x03" + fields + tail + encoded)
        return size

    def finish(self) -> None:
        """Write the central directory."""
        start = self._stream.tell()
        for entry in self._directory:
            self._stream.write(entry)
        size, count = self._stream.tell() - start, len(self._directory)
        if start + size > 0xFFFF_FFFE or count > _MAX_ZIPPED:
            raise BuildError("a wheel of more than 4 GiB or 65,534 members")
        end = struct.pack("<HHHHLLH", 0, 0, count, count, size, start, 0)
        self._stream.write(b"PK\x05\x06" + end)

    def _fields(self, name: bytes, crc: int, size: int, packed: int) -> bytes:
        flags = 0 if name.isascii() else _UTF8
        return struct.pack(
            "<HHHHHLLLHH", 20, flags, 8, self._time, self._date, crc, packed, size, len(name), 0
        )

    def _deflate(self, content: IO[bytes]) -> tuple[int, int, int]:
        deflate = zlib_ng.compressobj(LEVEL, zlib_ng.DEFLATED, -15)
        crc = size = packed = 0
        while chunk := content.read(STEP):
            crc, size = zlib_ng.crc32(chunk, crc), size + len(chunk)
            packed += self._stream.write(deflate.compress(chunk))
        packed += self._stream.write(deflate.flush())
        return crc, size, packed
