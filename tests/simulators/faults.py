"""What goes wrong with a registry: each fault stands between a request and its handler."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from simulators.registry import Answer, Asked, CutOffError, Fault, Handler


def cut_upload(keep: int) -> Fault:
    """The connection ends after so many bytes of the request's body, which are kept."""

    def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
        left = keep
        for piece in body:
            if len(piece) > left:
                yield piece[:left]
                raise CutOffError
            left -= len(piece)
            yield piece
        raise CutOffError

    return lambda asked, go: go(replace(asked, body=pieces(asked.body)))


def cut_before(_: Asked, __: Handler) -> Answer:
    """The connection ends before anything was done."""
    raise CutOffError


def lose_answer(asked: Asked, go: Handler) -> Answer:
    """All is done as asked, and nobody hears of it."""
    go(asked)
    raise CutOffError


def cut_download(after: int) -> Fault:
    """The connection ends after so many bytes of the answer."""
    return lambda asked, go: replace(go(asked), cut=after)


def truncated(size: int) -> Fault:
    """The answer ends early, as if that were all."""

    def fault(asked: Asked, go: Handler) -> Answer:
        answer = go(asked)
        return replace(answer, body=answer.body[:size])

    return fault


def replaced(body: bytes) -> Fault:
    """The answer has another body."""
    return lambda asked, go: replace(go(asked), body=body)


def changed(asked: Asked, go: Handler) -> Answer:
    """One bit of the answer's body is another."""
    answer = go(asked)
    body = bytearray(answer.body)
    for middle in range(len(body) // 2, len(body))[:1]:
        body[middle] ^= 1
    return replace(answer, body=bytes(body))


def status(code: int, body: bytes = b"", **headers: str) -> Fault:
    """That answer instead; the request's body is read and nothing is done."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    def fault(asked: Asked, _: Handler) -> Answer:
        for _piece in asked.body:
            pass
        return Answer(status=code, headers=given, body=body)

    return fault


def headers(**changes: str | None) -> Fault:
    """Other headers in the answer; None removes one."""

    def fault(asked: Asked, go: Handler) -> Answer:
        answer = go(asked)
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        merged = {**answer.headers, **named}
        return replace(answer, headers={k: v for k, v in merged.items() if v is not None})

    return fault


def slow(seconds: float) -> Fault:
    """The answer takes a while."""

    def fault(asked: Asked, go: Handler) -> Answer:
        threading.Event().wait(seconds)
        return go(asked)

    return fault


def dribbling(seconds: float) -> Fault:
    """The request's body is taken piece by piece, with a pause after each."""

    def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
        for piece in body:
            threading.Event().wait(seconds)
            yield piece

    return lambda asked, go: go(replace(asked, body=pieces(asked.body)))
