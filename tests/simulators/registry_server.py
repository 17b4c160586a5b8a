"""The simulated registry behind a socket of this machine: HTTP/1.1, a thread a connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from simulators.registry import Answer, Asked, CutOffError

_STEP = 64 << 10


class Answering(Protocol):
    """A registry, or what stands before one; it is told where it is and counts who comes."""

    scheme: str
    host: str
    connections: int

    def answer(self, asked: Asked) -> Answer:
        """Answer; raises `CutOffError` to end the connection."""
        ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: Answering

    def process_request(self, request: object, client_address: object) -> None:
        self.registry.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type] # a socket

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that went away are what the tests are about."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        asked = Asked(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._pieces(int(self.headers.get("content-length") or 0)),
        )
        try:
            answer = self.server.registry.answer(asked)
        except CutOffError:
            self._cut()
            return
        for _ in asked.body:
            pass
        self.send_response(answer.status)
        named = dict(answer.headers)
        named.setdefault("content-length", str(len(answer.body)))
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        lies = int(named["content-length"]) != len(answer.body)
        if lies or answer.cut is not None:
            self._cut()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def _pieces(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            piece = self.rfile.read(min(_STEP, left))
            if not piece:
                raise CutOffError
            left -= len(piece)
            yield piece

    def _cut(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextlib.contextmanager
def serving(registry: Answering) -> Iterator[str]:
    """The registry at a port of this machine, plain HTTP; gives `127.0.0.1:<port>`."""
    server = _Server(("127.0.0.1", 0), _Connection)
    server.registry = registry
    address = f"127.0.0.1:{server.server_port}"
    registry.scheme, registry.host = "http", address
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
