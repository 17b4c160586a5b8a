"""Views of long work, for whoever watches: live on a terminal, a line an event elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from workflow_sbom.printable import printable
from workflow_sbom.terminal.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Lines
    from rich.progress import TaskID


@dataclass(slots=True)
class Tally:
    """How many tasks are to be done, how many are, and since when each is worked on."""

    expected: int = 0
    done: int = 0
    _started: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, tasks: int) -> None:
        """So many more."""
        with self._lock:
            self.expected += tasks

    def start(self, task: str) -> None:
        """Remember when."""
        self._started[task] = time.monotonic()

    def end(self, task: str) -> tuple[str, float]:
        """Count a task, in one step: `[3/7]`, and the seconds it took."""
        now = time.monotonic()
        with self._lock:
            self.done += 1
            count = str(self)
        return count, now - self._started.pop(task, now)

    def __str__(self) -> str:
        return f"[{self.done}/{max(self.expected, self.done)}]"


@dataclass(slots=True, kw_only=True)
class PlainProgress:
    """A line an event, with the seconds a task took; implements `Progress`."""

    say: Callable[[str], None]
    _tally: Tally = field(default_factory=Tally)

    def expect(self, tasks: int) -> None:
        """So many more tasks will be reported."""
        self._tally.expect(tasks)

    def started(self, task: str) -> None:
        """Remember when."""
        self._tally.start(task)

    def finished(self, task: str, *, reused: bool) -> None:
        """A line: count, task, seconds or `reused`."""
        count, seconds = self._tally.end(task)
        self._line(count, task, "reused" if reused else f"{seconds:.1f} s")

    def failed(self, task: str, log: Path | None) -> None:
        """A line that names the log."""
        self._line(self._tally.end(task)[0], task, _failure(log))

    def skipped(self, task: str, because: str) -> None:
        """A line that names what it waited for."""
        self._line(self._tally.end(task)[0], task, f"not tried: {because} failed")

    def note(self, text: str) -> None:
        """A line of its own."""
        self.say(f"  {printable(text)}")

    def _line(self, count: str, task: str, outcome: str) -> None:
        self.say(f"{count} {printable(task)}: {printable(outcome)}")


@dataclass(slots=True, kw_only=True)
class LiveProgress:
    """A line an outcome that stays, and below them what is being worked on; a `Progress`."""

    lines: Lines
    total: TaskID
    _running: dict[str, TaskID] = field(default_factory=dict)
    _tally: Tally = field(default_factory=Tally)

    def expect(self, tasks: int) -> None:
        """So many more tasks will be reported."""
        self._tally.expect(tasks)
        self.lines.update(self.total, description=f"{self._tally} done")

    def started(self, task: str) -> None:
        """A line with a spinner."""
        self._tally.start(task)
        self._running[task] = self.lines.add_task(printable(task), total=None)

    def finished(self, task: str, *, reused: bool) -> None:
        """A line with the seconds it took, unless it was reused."""
        count, seconds = self._end(task)
        if not reused:
            self._stays(f"{count} ✓ {task}: {seconds:.1f} s", "green")

    def failed(self, task: str, log: Path | None) -> None:
        """A line that names the log."""
        self._stays(f"{self._end(task)[0]} ✗ {task}: {_failure(log)}", "bold red")

    def skipped(self, task: str, because: str) -> None:
        """A line that names what it waited for."""
        self._stays(f"{self._end(task)[0]} - {task}: not tried: {because} failed", "yellow")

    def note(self, text: str) -> None:
        """A line of its own."""
        self._stays(f"  {text}", "dim")

    def _stays(self, text: str, style: str) -> None:
        from rich.text import Text  # read literally: neither markup nor `:a:` for an emoji

        self.lines.console.print(Text(printable(text), style=style), soft_wrap=True)

    def _end(self, task: str) -> tuple[str, float]:
        ended = self._tally.end(task)
        self.lines.update(self.total, description=f"{self._tally} done")
        if (line := self._running.pop(task, None)) is not None:
            self.lines.remove_task(line)
        return ended


def _failure(log: Path | None) -> str:
    return f"FAILED, see {log}" if log else "FAILED"


@contextmanager
def live(stream: TextIO) -> Iterator[Progress]:
    """A live view on a terminal, gone when the work is done; lines that stay, stay."""
    from rich.console import Console
    from rich.progress import Progress as Lines
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    description = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), TimeElapsedColumn(), description)
    with Lines(*columns, console=Console(file=stream), transient=True) as lines:
        yield LiveProgress(lines=lines, total=lines.add_task("release", total=None))
