"""What listens on a Docker socket and is no good engine: canned HTTP answers, one a connection."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def answer(value: Any, status: int = 200) -> bytes:
    """A JSON answer that ends its connection."""
    body = json.dumps(value).encode()
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


VERSION: Mapping[str, str] = {
    "ApiVersion": "1.41", "Version": "20.10", "Os": "linux", "Arch": "amd64",
}  # fmt: skip


@contextmanager
def listening(*answers: bytes) -> Iterator[str]:
    """The address of a socket that answers with these, the last again and again."""
    with (
        tempfile.TemporaryDirectory(prefix="socket-") as name,
        socket.socket(socket.AF_UNIX) as own,
    ):
        path = str(Path(name, "s"))
        own.bind(path)
        own.listen()
        thread = threading.Thread(target=_serve, args=(own, list(answers)))
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            own.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _serve(own: socket.socket, answers: list[bytes]) -> None:
    while True:
        try:
            connection, _ = own.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(5)
            try:
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                connection.sendall(answers.pop(0) if len(answers) > 1 else answers[0])
            except OSError:
                continue
