"""A stream that `tarfile` reads from front to back, bounded in what a header may make it hold."""

from __future__ import annotations

import tarfile
from typing import Protocol

from workflow_sbom.digest import CHUNK
from workflow_sbom.errors import InventoryError

MAX_HEADER = 1 << 20


class Readable(Protocol):
    """A source of bytes, read from front to back."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class Forward:
    """A stream that only goes forward, so that a compressed one is read once.

    Refuses what one header may ask to hold at a time, and remembers the last block, for `tarfile`
    ends in silence at a header it can't read. No entry may begin beyond `furthest`. Everything
    refused is `InventoryError`.
    """

    def __init__(self, stream: Readable, *, furthest: int) -> None:
        self._stream, self._furthest = stream, furthest
        self._position = 0
        self._last = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes, and never more than a header's share."""
        if size > MAX_HEADER:
            raise InventoryError(f"a header that asks for {size} bytes at once")
        self._last = self._stream.read(size)
        self._position += len(self._last)
        return self._last

    def seek(self, position: int) -> int:
        """Go on to a position; what is passed over is read."""
        if position < self._position or position > self._furthest:
            raise InventoryError(f"an entry that begins at {position}")
        while self._position < position and self.read(min(CHUNK, position - self._position)):
            pass
        return self._position

    def tell(self) -> int:
        """How far it was read."""
        return self._position

    def require_end(self) -> None:
        """The archive ends as it should: a block of zeros, and nothing but zeros after it."""
        if len(self._last) < tarfile.BLOCKSIZE:
            raise InventoryError("the archive is cut short")
        while self._last:
            if self._last.strip(b"\0"):
                raise InventoryError("an unreadable header, or bytes after the end of the archive")
            self.read(CHUNK)
