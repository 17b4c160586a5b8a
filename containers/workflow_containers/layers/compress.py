"""Gzip members (RFC 1952) whose bytes depend on their contents and the pinned compressor alone.

A layer is a concatenation of members, so a member is compressed once and used in many layers.
The compressor is fed in fixed steps, for its output may depend on them; the gzip header is
written here, for libraries put the host's operating system there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from zlib_ng import zlib_ng

from workflow_containers.errors import LayoutError

LEVEL = 6
VERSION = str(zlib_ng.ZLIBNG_RUNTIME_VERSION)
STEP = 256 << 10
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class Sink(Protocol):
    """Where bytes go, in order."""

    def write(self, data: bytes, /) -> object:
        """Take the bytes."""
        ...


class Member:
    """One gzip member being written to a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._deflate = zlib_ng.compressobj(LEVEL, zlib_ng.DEFLATED, -15)
        self._pending = bytearray()
        self._crc = 0
        self._size = 0
        sink.write(_HEADER)

    def write(self, data: bytes) -> None:
        """Add contents; no more than a step of them is copied."""
        rest = memoryview(data)
        if self._pending:
            missing = STEP - len(self._pending)
            self._pending += rest[:missing]
            rest = rest[missing:]
            if len(self._pending) < STEP:
                return
            self._feed(self._pending)
            self._pending = bytearray()
        whole = len(rest) - len(rest) % STEP
        for start in range(0, whole, STEP):
            self._feed(rest[start : start + STEP])
        self._pending += rest[whole:]

    def finish(self) -> None:
        """Write the rest and the trailer; the member takes nothing more."""
        if self._pending:
            self._feed(self._pending)
        self._sink.write(self._deflate.flush())
        self._sink.write(struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))

    def _feed(self, data: bytearray | memoryview) -> None:
        self._crc = zlib_ng.crc32(data, self._crc)
        self._size += len(data)
        self._sink.write(self._deflate.compress(data))


def member(data: bytes) -> bytes:
    """The contents as one gzip member."""
    out = _Joined()
    writer = Member(out)
    writer.write(data)
    writer.finish()
    return bytes(out.data)


class _Joined:
    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> None:
        self.data += data


def expand(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    """The contents of a multi-member gzip stream, in pieces of bounded size.

    Raises `LayoutError` for what is no gzip, is cut short, or holds more than `limit` bytes.
    """
    total = 0
    inflate = zlib.decompressobj(31)
    data = stream.read(STEP)
    if not data:
        raise LayoutError("an empty stream where gzip is expected")
    try:
        while data:
            piece = inflate.decompress(data, STEP * 4)
            total += len(piece)
            if total > limit:
                raise LayoutError(f"a gzip stream that holds more than {limit} bytes")
            if piece:
                yield piece
            data = inflate.unconsumed_tail or inflate.unused_data or stream.read(STEP)
            if inflate.eof and data:
                inflate = zlib.decompressobj(31)
    except zlib.error as error:
        raise LayoutError(f"no gzip stream: {error}") from error
    if not inflate.eof:
        raise LayoutError("a gzip stream that is cut short")
