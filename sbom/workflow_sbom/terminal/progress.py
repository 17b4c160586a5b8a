"""What long work tells whoever watches; the console implements it, tests record it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """A listener to the work on named tasks. Called from several threads."""

    def expect(self, tasks: int) -> None:
        """So many tasks will be reported."""

    def started(self, task: str) -> None:
        """Work on a task begins."""

    def finished(self, task: str, *, reused: bool) -> None:
        """A task is done; `reused` when its result was in the cache."""

    def failed(self, task: str, log: Path | None) -> None:
        """A task failed; `log` holds what its programs printed."""

    def skipped(self, task: str, because: str) -> None:
        """A task was not tried, because the named one failed."""

    def note(self, text: str) -> None:
        """Something a person should know, such as a download that takes a while."""


class Silent:
    """Progress that nobody watches."""

    def expect(self, tasks: int) -> None:
        """Nothing."""

    def started(self, task: str) -> None:
        """Nothing."""

    def finished(self, task: str, *, reused: bool) -> None:
        """Nothing."""

    def failed(self, task: str, log: Path | None) -> None:
        """Nothing."""

    def skipped(self, task: str, because: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


@contextmanager
def stage(progress: Progress, task: str) -> Iterator[None]:
    """A task that is done when the block ends, or failed; an interruption is no failure of it."""
    progress.started(task)
    try:
        yield
    except Exception:
        progress.failed(task, None)
        raise
    progress.finished(task, reused=False)
