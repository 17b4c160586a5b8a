"""What trying an image takes from this machine: the time, a free port, a call over HTTP.

The only module of this room that has them; everything else is handed a `Machine`.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from dataclasses import dataclass
from typing import Protocol

MAX_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP response: its status and the beginning of its body, at most `MAX_ANSWER` bytes."""

    status: int
    body: bytes


class Machine(Protocol):
    """The machine that an image is tried on."""

    def now(self) -> float:
        """Seconds since some moment; never backwards."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait."""
        ...

    def free_port(self) -> int:
        """A TCP port of the loopback address that nothing listens on at this moment."""
        ...

    def get(self, port: int, path: str, seconds: float) -> Answer | None:
        """Ask that port for a path; None when no whole answer came within so many seconds."""
        ...


class ThisMachine:
    """The machine this runs on; implements `Machine`."""

    def now(self) -> float:
        """See `Machine.now`."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """See `Machine.pause`."""
        time.sleep(seconds)

    def free_port(self) -> int:
        """See `Machine.free_port`."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    def get(self, port: int, path: str, seconds: float) -> Answer | None:
        """See `Machine.get`. No proxy, no redirection is followed."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
        begin = self.now()
        try:
            connection.connect()
            # A server that sends a byte now and then must not hold us for ever.
            alarm = threading.Timer(seconds, _cut, [connection.sock])
            alarm.start()
            try:
                connection.request("GET", path, headers={"Connection": "close"})
                answer = _read(connection.getresponse())
            finally:
                alarm.cancel()
            return answer if self.now() - begin < seconds else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def _cut(opened: socket.socket) -> None:
    try:
        opened.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed meanwhile


def _read(response: http.client.HTTPResponse) -> Answer | None:
    """The answer, unless it broke off; http.client tells that by what it still expects."""
    with response:
        body = response.read(MAX_ANSWER)
        broken = bool(response.length) and len(body) < MAX_ANSWER
        return None if broken else Answer(status=response.status, body=body)
