"""Containers that nothing is left of, and running one whose output is passed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Protocol

from workflow_containers.engine.interface import Confined, Engine
from workflow_containers.errors import EngineError

MAX_LINE = 64 << 10
_REST = 3  # seconds for what is still on its way from a container that was stopped


@contextmanager
def container(engine: Engine, wanted: Confined) -> Iterator[str]:
    """A container that was not started yet; killed and removed however the block is left.

    Those that an earlier process was killed before it could remove are removed first.
    """
    for left in engine.abandoned():
        with suppress(EngineError):  # whoever is removing it too
            engine.remove(left)
    made = engine.create(wanted)
    try:
        yield made
    except BaseException:
        with suppress(EngineError):  # the first error says more
            engine.remove(made)
        raise
    engine.remove(made)


class Listener(Protocol):
    """Takes what a container prints, line by line."""

    def out(self, line: str) -> None:
        """A line of its standard output."""

    def err(self, line: str) -> None:
        """A line of its standard error."""


def run(engine: Engine, wanted: Confined, listener: Listener, stop: int) -> int:
    """Run a container to its end and pass on what it prints; its exit code.

    Interrupted (`KeyboardInterrupt`), it is told to end, and killed after `stop` seconds; what it
    prints meanwhile is passed on too.
    """
    # The thread ends with the container, which therefore goes first.
    with ThreadPoolExecutor(1) as pool, container(engine, wanted) as made:
        heard = pool.submit(_listen, engine.output(made), listener)
        try:
            engine.start(made)
            heard.result()
        except KeyboardInterrupt:
            engine.stop(made, stop)
            with suppress(TimeoutError):  # one that never started will not say that it ended
                heard.result(_REST)
        return engine.state(made).exit_code


def _listen(pieces: Iterator[tuple[bytes, bytes]], listener: Listener) -> None:
    out, err = _Lines(listener.out), _Lines(listener.err)
    for to_out, to_err in pieces:
        out.add(to_out)
        err.add(to_err)
    out.end()
    err.end()


class _Lines:
    """Bytes that become lines; one longer than `MAX_LINE` is handed on in pieces."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._pending = b""

    def add(self, data: bytes) -> None:
        *whole, self._pending = (self._pending + data).split(b"\n")
        for line in whole:
            self._take(_text(line))
        if len(self._pending) > MAX_LINE:
            self.end()

    def end(self) -> None:
        if self._pending:
            self._take(_text(self._pending))
        self._pending = b""


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode(errors="replace")
