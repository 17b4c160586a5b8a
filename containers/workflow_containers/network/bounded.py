"""The bytes of one answer, within bounds that Python's own HTTP client leaves open.

A server may send interim answers, header lines and trailers without end, or a byte a minute; each
alone passes a timeout. A body's size is its reader's to bound.
"""

from __future__ import annotations

import http.client
import io
import socket
from typing import TYPE_CHECKING, Any

from workflow_containers.network.clock import CLOCK

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PACE = 1 << 10  # bytes a second, on the whole, beyond one timeout
MAX_LINES = 1 << 20  # bytes that come as lines with no content between them


class TooSlowError(TimeoutError):
    """Bytes come, but so slowly that nobody waits for the end."""


class BoundedResponse(http.client.HTTPResponse):
    """An answer that ends: raises `TooSlowError`, and `HTTPException` for lines without end."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = _Lines(_Paced(self.fp.detach(), sock.gettimeout() or 0.0))


class _Lines(io.BufferedReader):
    """Lines and content by turns; so many lines in a row and no more."""

    _left = MAX_LINES

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise http.client.HTTPException("headers without end")
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        self._left = MAX_LINES
        return super().read(size)

    def read1(self, size: int = -1, /) -> bytes:
        self._left = MAX_LINES
        return super().read1(size)


class _Paced(io.RawIOBase):
    """Bytes as they come, while the time that was spent waiting for them is in proportion."""

    def __init__(self, raw: io.RawIOBase, timeout: float) -> None:
        self._raw, self._allowed = raw, timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        began = CLOCK.now()
        size = self._raw.readinto(buffer)
        self._allowed += (size or 0) / PACE - (CLOCK.now() - began)
        if self._allowed < 0:
            raise TooSlowError
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()
