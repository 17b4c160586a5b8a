"""One way to ask over HTTP: `transport(request) -> response`.

Transports compose by wrapping: one that opens sockets, one that tries again, one that brings
credentials. Everything above is handed the outermost and knows no socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from workflow_containers.errors import RegistryError

STEP = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A body that is produced while it is sent: `size` bytes, from the start at each `open`."""

    size: int
    open: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; `repeatable` when sending it twice does no harm.

    One that is `anonymous` takes no credentials along, whoever asks for them.
    Headers may hold credentials, so a request is never shown.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | Stream | None = field(default=None, repr=False)
    repeatable: bool = True
    anonymous: bool = False


class Body(Protocol):
    """A response's bytes as they come."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end; raises `NetworkError` when they stop early."""
        ...

    def close(self) -> None:
        """No more is wanted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: status, headers by lower-case name, and the body, which somebody must close."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Body = field(repr=False)
    url: str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.body.close()

    def read(self, limit: int) -> bytes:
        """The whole body; raises `RegistryError` for one of more than `limit` bytes."""
        parts, left = [], limit + 1
        while left > 0 and (data := self.body.read(min(STEP, left))):
            parts.append(data)
            left -= len(data)
        if left <= 0:
            raise RegistryError(f"an answer of more than {limit} bytes", remedy="ask its operator")
        return b"".join(parts)


class Transport(Protocol):
    """Sends a request; any status is an answer. Raises `NetworkError` where there is none."""

    def __call__(self, request: Request, /) -> Response:
        """Send it."""
        ...
