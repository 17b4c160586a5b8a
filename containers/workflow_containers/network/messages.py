"""What may stand in a request or an answer: no header splits a message, none is without bounds.

RFC 9110 sections 5.5, 5.6.2 and 9.1; RFC 9112 section 6.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workflow_containers.errors import NetworkError, RegistryError

MAX_VALUE = 32 << 10
MAX_HEADERS = 64 << 10
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", re.ASCII)
_SENT = re.compile(r"[\t -~]*", re.ASCII)
_RECEIVED = re.compile(r"[\t -~\x80-\xff]*")
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_OURS = {"content-length", "transfer-encoding", "host", "connection"}


def require_sendable(method: str, headers: Mapping[str, str], where: str) -> None:
    """Check a request; raises `RegistryError`, and never shows what it refuses."""
    if not _TOKEN.fullmatch(method):
        raise _unsendable(where, "a method that is none")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise _unsendable(where, "a header that may not be set")
        if len(value) > MAX_VALUE or not _SENT.fullmatch(value):
            raise _unsendable(where, f"a value of {name} that is too long or no printable ASCII")


def received(pairs: Iterable[tuple[str, str]], where: str) -> dict[str, str]:
    """An answer's headers by lower-case name, one of several values joined by commas.

    Raises `NetworkError` for control characters, too much, and lengths nobody can rely on.
    """
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if sum(map(len, headers)) + sum(map(len, headers.values())) > MAX_HEADERS:
        raise _unreadable(where, "headers without bounds")
    if not all(map(_TOKEN.fullmatch, headers)) or not all(
        map(_RECEIVED.fullmatch, headers.values())
    ):
        raise _unreadable(where, "headers with characters that none may have")
    if not _is_framed(headers):
        raise _unreadable(where, "a body whose length it does not say, or says twice")
    return headers


def _is_framed(headers: Mapping[str, str]) -> bool:
    """At most one framing, and one that every reader takes alike."""
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None:
        return coding.lower() == "chunked" and length is None
    return length is None or _LENGTH.fullmatch(length) is not None


def _unsendable(where: str, what: str) -> RegistryError:
    return RegistryError(f"{where}: {what} would be sent", remedy="check names and credentials")


def _unreadable(where: str, what: str) -> NetworkError:
    return NetworkError(f"{where}: an answer with {what}", remedy="ask its operator")
