"""Transports without a network: answers from a test's function, and a clock that never waits."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workflow_containers.network.clock import Clock
from workflow_containers.network.interface import Request, Response

Answering = Callable[[Request], Response]


@dataclass(slots=True)
class MemoryBody:
    """A body from memory that knows whether it was closed; implements `Body`."""

    data: bytes = b""
    closed: bool = False
    _stream: io.BytesIO = field(init=False)

    def __post_init__(self) -> None:
        self._stream = io.BytesIO(self.data)

    def read(self, size: int, /) -> bytes:
        assert not self.closed
        return self._stream.read(size)

    def close(self) -> None:
        self.closed = True


def answer(
    request: Request,
    status: int = 200,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer to a request."""
    return Response(
        status=status, headers=dict(headers or {}), body=MemoryBody(body), url=request.url
    )


@dataclass(slots=True)
class Told:
    """Answers as a function says, or fails as it does; implements `Transport`."""

    answering: Answering
    requests: list[Request] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def __call__(self, request: Request, /) -> Response:
        self.requests.append(request)
        self.responses.append(self.answering(request))
        return self.responses[-1]

    @property
    def unclosed(self) -> list[Response]:
        return [each for each in self.responses if not _closed(each)]


def _closed(response: Response) -> bool:
    assert isinstance(response.body, MemoryBody)
    return response.body.closed


@dataclass(slots=True)
class Hours:
    """A clock's hands: sleeping moves them, and nothing waits."""

    at: float = 1000.0
    date: float = 1_750_000_000.0
    luck: float = 1.0
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(
            now=lambda: self.at, date=lambda: self.date, sleep=self._sleep, chance=lambda: self.luck
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
