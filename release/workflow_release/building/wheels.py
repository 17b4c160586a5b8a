"""Wheels written one way: same members, same bytes, whatever machine or backend made them.

Members sorted, `.dist-info` last and `RECORD` at the very end (PEP 427); modes 0644 or 0755, one
time, compressed bytes by the compressor that tar.gz files have.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

from zlib_ng import zlib_ng

from workflow_containers.layers.compress import LEVEL, STEP
from workflow_release.building.archive import MAX_BYTES, bad_names, refuse
from workflow_release.errors import BuildError

_MAX_ZIPPED = 65_534
_DOS_EPOCH = 315_532_800  # 1980-01-01, the first moment a zip can name
_LAST = 4_354_819_198  # 2107-12-31 23:59:58, and the last
_UTF8 = 0x800

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
            faults = bad_names(names, names)
            if sum(info.file_size for info in infos) > MAX_BYTES or len(infos) > _MAX_ZIPPED:
                faults.append(f"more than {_MAX_ZIPPED} members or {MAX_BYTES} bytes")
            refuse(faults, source.name)
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
