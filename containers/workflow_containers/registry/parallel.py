"""Work side by side, on blobs and on registries; the first failure ends the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from workflow_containers.errors import ContainersError
from workflow_containers.oci.reference import Repository
from workflow_sbom.digest import Digest
from workflow_sbom.terminal.progress import Progress
from workflow_sbom.terminal.sizes import in_units

T = TypeVar("T")
R = TypeVar("R")


class StoppedError(ContainersError):
    """Work that was ended because other work failed; nobody above ever sees it."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ends a flow of bytes in the middle; one that is `above` ends it, too."""

    above: Stop | None = None
    event: Event = field(default_factory=Event)

    @property
    def is_set(self) -> bool:
        """Whether there is to be no more."""
        return self.event.is_set() or (self.above is not None and self.above.is_set)

    def heed(self) -> None:
        """Raise `StoppedError` when there is to be no more."""
        if self.is_set:
            raise StoppedError("stopped")

    def heeded(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces, until there is to be no more: then `StoppedError`."""
        for piece in pieces:
            self.heed()
            yield piece


def side_by_side(
    work: Callable[[T, Stop], R], items: Iterable[T], *, workers: int, above: Stop | None = None
) -> tuple[R, ...]:
    """Work on every item, so many at a time; raises the first failure, in time."""
    stop, failures = Stop(above), list[BaseException]()

    def one(item: T) -> R:
        try:
            stop.heed()
            return work(item, stop)
        except BaseException as error:
            failures.append(error)
            stop.event.set()
            raise

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(one, item) for item in items]
        try:
            return tuple(future.result() for future in futures)
        except BaseException:
            stop.event.set()
            pool.shutdown(cancel_futures=True)
            if failures:
                raise failures[0] from None
            raise


def task(repository: Repository, digest: Digest, size: int) -> str:
    """What a person sees of a blob that moves."""
    return f"{repository} {digest.hex[:12]} ({in_units(size)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[T, R]):
    """What is done with each item; `name` is shown, `is_reuse` says what cost nothing."""

    name: Callable[[T], str]
    work: Callable[[T, Stop], R]
    is_reuse: Callable[[R], bool]
    progress: Progress

    def each(
        self, items: Collection[T], *, workers: int, above: Stop | None = None
    ) -> tuple[R, ...]:
        """Do it with every item, side by side, and tell whoever watches."""
        self.progress.expect(len(items))
        return side_by_side(self._told, items, workers=workers, above=above)

    def _told(self, item: T, stop: Stop) -> R:
        name = self.name(item)
        self.progress.started(name)
        try:
            done = self.work(item, stop)
        except BaseException:
            self.progress.failed(name, None)
            raise
        self.progress.finished(name, reused=self.is_reuse(done))
        return done
