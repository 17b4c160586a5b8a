"""A layer's uncompressed bytes as a stream that hashes what it gives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from workflow_sbom.digest import Digest


class Contents:
    """What pieces come to, read in any steps; `size` and `digest` are of all that was read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._pending = memoryview(b"")
        self._state = hashlib.sha256()
        self.size = 0

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer at the end."""
        parts: list[memoryview] = []
        while size > 0 and (self._pending or self._next()):
            parts.append(self._pending[:size])
            self._pending = self._pending[size:]
            size -= len(parts[-1])
        return b"".join(parts)

    def drain(self) -> None:
        """Read to the end."""
        while self._next():
            pass

    def digest(self) -> Digest:
        """The digest of what was read from the pieces so far."""
        return Digest(self._state.hexdigest())

    def _next(self) -> bool:
        piece = next(self._pieces, b"")
        self._state.update(piece)
        self.size += len(piece)
        self._pending = memoryview(piece)
        return bool(piece)
