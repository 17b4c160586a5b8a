"""The network: the only place of this package that opens an address."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import IO, Protocol

from workflow_containers.errors import AbsentError

_TIMEOUT = 60
_ABSENT = {404, 410}


class Fetch(Protocol):
    """Opens an address for reading; raises `AbsentError` when nothing is there, else `OSError`."""

    def __call__(self, url: str, /) -> IO[bytes]:
        """Open it."""
        ...


def fetch(url: str) -> IO[bytes]:
    """Open an http, https or file address; implements `Fetch`."""
    if not url.startswith(("http://", "https://", "file://")):
        raise OSError(f"{url[:80]!r} is no http, https or file address")
    try:
        stream: IO[bytes] = urllib.request.urlopen(url, timeout=_TIMEOUT)  # noqa: S310 - checked
    except urllib.error.HTTPError as error:
        if error.code in _ABSENT:
            raise AbsentError(url) from error
        raise OSError(f"HTTP status {error.code}") from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, FileNotFoundError):
            raise AbsentError(url) from error
        raise OSError(str(error.reason)) from error
    return stream
