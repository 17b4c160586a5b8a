"""A way to a Unix socket that can be cut, which to a client is a server that died."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Way:
    """Passes everything on until it is cut."""

    def __init__(self, folder: Path, target: str) -> None:
        self.address = f"unix://{folder}/s"
        self._target = target
        self._own = socket.socket(socket.AF_UNIX)
        self._own.bind(f"{folder}/s")
        self._own.listen()
        self._open = [self._own]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._own.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._open += [client, server]
                for pair in ((client, server), (server, client)):
                    self._threads.append(threading.Thread(target=_pass, args=pair))
                    self._threads[-1].start()

    def cut(self) -> None:
        """Nothing goes through any more, and nobody listens."""
        Path(self.address.removeprefix("unix://")).unlink(missing_ok=True)
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in self._open:
            each.close()


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def way_to(address: str) -> Iterator[Way]:
    """A way to the socket at a `unix://` address."""
    with tempfile.TemporaryDirectory(prefix="way-") as folder:
        way = Way(Path(folder), address.removeprefix("unix://"))
        try:
            yield way
        finally:
            way.cut()
