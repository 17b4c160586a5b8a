"""Opening an address of a mirror for reading: http, https, or a file of this machine."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from workflow_containers.errors import AbsentError, NetworkError
from workflow_containers.network.http import Http
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.network.redirecting import Redirecting
from workflow_sbom.printable import printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_ABSENT = {404, 410}
_LOCAL = {"", "localhost"}


class Fetch(Protocol):
    """Opens an address for reading; so do the streams it gives raise `NetworkError`.

    Raises `AbsentError` when nothing is there, `NetworkError`, `RegistryError` for a redirect to
    where nobody may be sent, and `OSError`.
    """

    def __call__(self, url: str, /) -> IO[bytes]:
        """Open it."""
        ...


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Opens addresses; implements `Fetch`."""

    transport: Transport

    def __call__(self, url: str, /) -> IO[bytes]:
        """Open it."""
        if url.startswith("file://"):
            return _open_file(url)
        if not url.startswith(("http://", "https://")):
            raise OSError(f"'{printable(url[:80])}' is no http, https or file address")
        response = self.transport(Request(method="GET", url=url))
        if response.status == 200:
            return io.BufferedReader(_Stream(response))
        response.body.close()
        if response.status in _ABSENT:
            raise AbsentError(url)
        raise NetworkError(f"HTTP status {response.status}", remedy="try again, or another mirror")


def fetcher(environment: Mapping[str, str]) -> Fetch:
    """The way to mirrors, through the proxies that an environment names.

    Plain http is allowed: whatever comes is checked against a digest or a signature.
    """
    return Fetcher(Redirecting(Http(environment=environment, plain_http=lambda _: True)))


def _open_file(url: str) -> IO[bytes]:
    parts = urlsplit(url)
    if parts.netloc not in _LOCAL:
        raise OSError(f"'{printable(url[:80])}' names a file of another machine")
    try:
        return Path(unquote(parts.path)).open("rb")
    except FileNotFoundError as error:
        raise AbsentError(url) from error


class _Stream(io.RawIOBase):
    """An answer's body as a file to read from; closing it ends the answer."""

    def __init__(self, response: Response) -> None:
        self._body = response.body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._body.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
