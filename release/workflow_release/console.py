"""What a person or a program sees: the only place of this package that prints.

Results go to standard output, everything else to standard error. On a terminal there is colour
and a live view; in CI, plain lines. No control character from outside reaches either.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from workflow_release.errors import ReleaseError
from workflow_release.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


def printable(text: str) -> str:
    """The text with every control, format and bidirectional character shown as an escape."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Where to say things, and whether that is a terminal."""

    out: TextIO
    err: TextIO
    colour: bool
    live: bool

    @classmethod
    def of(cls, environment: dict[str, str] | Any) -> Console:
        """The process's own streams; NO_COLOR, FORCE_COLOR and CI are honoured."""
        plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
        forced = bool(environment.get("FORCE_COLOR"))
        return cls(
            out=sys.stdout,
            err=sys.stderr,
            colour=forced or (sys.stdout.isatty() and not plain),
            live=sys.stderr.isatty() and not plain and not environment.get("CI"),
        )

    def result(self, text: str) -> None:
        """A result, on standard output."""
        print(printable(text), file=self.out)

    def json(self, value: Any) -> None:
        """A result for programs: one JSON document on standard output."""
        print(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True), file=self.out)

    def say(self, text: str) -> None:
        """A remark, on standard error."""
        print(printable(text), file=self.err)

    def next_step(self, text: str) -> None:
        """What a person would do next."""
        self.say(f"next: {text}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows under columns: aligned, coloured on a terminal, plain text elsewhere."""
        if self.colour:
            self._coloured_table(columns, rows)
            return
        widths = [max(len(r[at]) for r in (columns, *rows)) for at in range(len(columns))]
        for row in (columns, *rows):
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.result(line.rstrip())

    def _coloured_table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        from rich.console import Console as Rich
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(cell), style=_style(cell)) for cell in row))
        Rich(file=self.out).print(table)

    def error(self, error: ReleaseError) -> None:
        """An error: what and where, a line each, then the remedy."""
        mark = "\x1b[1;31merror\x1b[0m" if self.live else "error"
        for line in printable(error.message).splitlines():
            print(f"{mark}: {line}", file=self.err)
        if error.remedy:
            self.say(f"remedy: {error.remedy}")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A view of long work: bars on a terminal, a line an event elsewhere."""
        if not self.live:
            yield PlainProgress(console=self)
            return
        from rich.console import Console as Rich
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as Bars

        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=Rich(file=self.err), transient=True) as bars:
            yield LiveProgress(bars=bars, total=bars.add_task("release", total=None))


def _style(cell: str) -> str:
    return {"ok": "green", "FAILED": "bold red", "made": "green", "reused": "dim"}.get(cell, "")


@dataclass(slots=True)
class PlainProgress:
    """A line an event, with the seconds a task took; implements `Progress`."""

    console: Console
    _started: dict[str, float] = field(default_factory=dict)
    _done: int = 0
    _expected: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, tasks: int) -> None:
        """So many more tasks will be reported."""
        self._expected += tasks

    def started(self, task: str) -> None:
        """Remember when."""
        self._started[task] = time.monotonic()

    def finished(self, task: str, *, reused: bool) -> None:
        """A line: count, task, seconds or `reused`."""
        self._line(task, "reused" if reused else f"{self._seconds(task):.1f} s")

    def failed(self, task: str, log: Path | None) -> None:
        """A line that names the log."""
        self._line(task, f"FAILED, see {log}" if log else "FAILED")

    def skipped(self, task: str, because: str) -> None:
        """A line that names what it waited for."""
        self._line(task, f"not tried: {because} failed")

    def note(self, text: str) -> None:
        """A line of its own."""
        self.console.say(f"  {text}")

    def _line(self, task: str, outcome: str) -> None:
        with self._lock:
            self._done += 1
            count = f"[{self._done}/{max(self._expected, self._done)}]"
            self.console.say(f"{count} {task}: {outcome}")

    def _seconds(self, task: str) -> float:
        return time.monotonic() - self._started.get(task, time.monotonic())


@dataclass(slots=True)
class LiveProgress:
    """Bars on a terminal; implements `Progress`."""

    bars: Bars
    total: TaskID
    _tasks: dict[str, TaskID] = field(default_factory=dict)
    _expected: int = 0

    def expect(self, tasks: int) -> None:
        """So many more tasks will be reported."""
        self._expected += tasks
        self.bars.update(self.total, total=self._expected)

    def started(self, task: str) -> None:
        """A line with a spinner."""
        self._tasks[task] = self.bars.add_task(printable(task), total=1)

    def finished(self, task: str, *, reused: bool) -> None:
        """The task's line goes; the total advances."""
        if not reused:
            self.bars.console.print(f"✓ {printable(task)}", style="green", markup=False)
        self._end(task)

    def failed(self, task: str, log: Path | None) -> None:
        """A line that stays, naming the log."""
        where = f", see {log}" if log else ""
        self.bars.console.print(f"✗ {printable(task)}{where}", style="bold red", markup=False)
        self._end(task)

    def skipped(self, task: str, because: str) -> None:
        """A line that stays."""
        text = f"- {printable(task)} not tried: {printable(because)} failed"
        self.bars.console.print(text, style="yellow", markup=False)
        self._end(task)

    def note(self, text: str) -> None:
        """A line that stays."""
        self.bars.console.print(f"  {printable(text)}", style="dim", markup=False)

    def _end(self, task: str) -> None:
        if (line := self._tasks.pop(task, None)) is not None:
            self.bars.remove_task(line)
        self.bars.advance(self.total)
