"""A server on this machine that says exactly what a test wants, byte for byte; HTTP and TLS."""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self

_PATIENCE = 20.0  # seconds; no test waits for longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came; headers by lower-case name."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Bytes to send, each after a pause; then the connection stays, or is closed or reset."""

    data: tuple[bytes, ...]
    pause: float = 0.0
    close: bool = False
    reset: bool = False
    tunnel: tuple[str, int] | None = None


Answer = Callable[[Asked], Reply]


def reply(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
    """A proper answer, with the length of its body."""
    lines = [f"HTTP/1.1 {status} Said", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    if "content-length" not in {name.lower() for name in headers or {}}:
        lines.append(f"Content-Length: {len(body)}")
    return Reply(data=("\r\n".join([*lines, "", ""]).encode("latin-1") + body,))


def raw(*data: bytes, pause: float = 0.0, reset: bool = False) -> Reply:
    """Anything at all, and then the end of the connection."""
    return Reply(data=data, pause=pause, close=True, reset=reset)


@dataclass(slots=True)
class Server:
    """Answers on a port of its own, each connection in a thread, until its `with` ends."""

    answer: Answer
    context: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    ended: int = 0
    _server: Any = None

    def __enter__(self) -> Self:
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer.connections += 1
                outer._serve(self.request)
                outer.ended += 1

        class Threaded(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that broke off; its test says what that means."""

        self._server = Threaded(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, target: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{target}"

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        if self.context is not None:
            with suppress(OSError), self.context.wrap_socket(connection, server_side=True) as tls:
                self._talk(tls)
            return
        with connection:
            self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while (request := _read(stream)) is not None:
                self.asked.append(request)
                said = self.answer(request)
                for data in said.data:
                    time.sleep(said.pause)
                    connection.sendall(data)
                if said.tunnel is not None:
                    _tunnel(connection, said.tunnel)
                if said.reset:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                if said.close or said.reset or said.tunnel:
                    return


def _read(stream: BinaryIO) -> Asked | None:
    line = stream.readline(65536).decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while (text := stream.readline(65536).decode("latin-1").rstrip("\r\n")) != "":
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Asked(method=line[0], target=line[1], headers=headers, body=body)


def _tunnel(client: socket.socket, address: tuple[str, int]) -> None:
    """Carry bytes both ways until either side ends."""

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    with socket.create_connection(address, timeout=_PATIENCE) as server:
        back = threading.Thread(target=carry, args=(server, client), daemon=True)
        back.start()
        carry(client, server)
        back.join(_PATIENCE)
