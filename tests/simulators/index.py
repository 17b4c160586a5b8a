"""A package index (PEP 503) of wheels in memory, on the loopback interface."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class _Server(ThreadingHTTPServer):
    """Answers `/simple/<name>/` and `/files/<wheel>`."""

    daemon_threads = True

    def __init__(self, wheels: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.wheels = wheels

    def answer(self, path: str) -> tuple[str, bytes] | None:
        kind, _, name = path.strip("/").partition("/")
        if kind == "files" and name in self.wheels:
            return "application/octet-stream", self.wheels[name]
        links = [
            f'<a href="/files/{file}#sha256={hashlib.sha256(data).hexdigest()}">{file}</a>'
            for file, data in sorted(self.wheels.items())
            if file.partition("-")[0] == name
        ]
        return ("text/html", "\n".join(links).encode()) if kind == "simple" and links else None


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self.wfile.write(self._answer())

    def _answer(self) -> bytes:
        found = self.server.answer(self.path)
        kind, body = found or ("text/plain", b"")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nobody listens."""


@contextmanager
def index(wheels: Mapping[str, bytes]) -> Iterator[str]:
    """The index's address while it runs."""
    server = _Server(wheels)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
