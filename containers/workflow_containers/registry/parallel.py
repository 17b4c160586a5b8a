"""Work on several blobs side by side, reported one by one; the first failure ends the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from workflow_containers.errors import ContainersError
from workflow_sbom.terminal.progress import Progress

T = TypeVar("T")
R = TypeVar("R")


class StoppedError(ContainersError):
    """Work that was ended because other work failed; nobody above ever sees it."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends a flow of bytes in the middle."""

    event: Event = field(default_factory=Event)

    def heeded(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces, until there is to be no more: then `StoppedError`."""
        for piece in pieces:
            if self.event.is_set():
                raise StoppedError("stopped")
            yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[T, R]):
    """What is done with each item; `name` is shown, `is_reuse` says what cost nothing."""

    name: Callable[[T], str]
    work: Callable[[T, Stop], R]
    is_reuse: Callable[[R], bool]

    def each(self, items: Iterable[T], *, workers: int, progress: Progress) -> tuple[R, ...]:
        """Do it with every item, so many at a time; raises the first failure, in time."""
        waiting = tuple(items)
        progress.expect(len(waiting))
        stop, failures = Stop(), list[BaseException]()

        def one(item: T) -> R:
            name = self.name(item)
            progress.started(name)
            try:
                done = self.work(item, stop)
            except BaseException as error:
                failures.append(error)
                stop.event.set()
                progress.failed(name, None)
                raise
            progress.finished(name, reused=self.is_reuse(done))
            return done

        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(one, item) for item in waiting]
            try:
                return tuple(future.result() for future in futures)
            except BaseException:
                stop.event.set()
                pool.shutdown(cancel_futures=True)
                if failures:
                    raise failures[0] from None
                raise
