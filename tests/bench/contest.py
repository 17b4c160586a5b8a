"""Whole processes of ours against a peer's, in turn; the ratio, and whether a promise held."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side runs, one after the other, with exactly `environment`.

    `prepare` is told the run's number, and does what is not counted.
    """

    commands: Sequence[Sequence[str]]
    folder: Path
    environment: Mapping[str, str]
    prepare: Callable[[int], None] = field(default=lambda _: None)

    def seconds(self, run: int) -> tuple[float, int]:
        """Wall time, and the most memory that a process of it held, in MiB."""
        self.prepare(run)
        begin, most = time.perf_counter(), 0
        for command in self.commands:
            most = max(most, self._memory(command))
        return time.perf_counter() - begin, most

    def _memory(self, command: Sequence[str]) -> int:
        """Run it; it must succeed: a failure is quick but no figure."""
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            said = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{said.decode(errors='replace')}")
        return usage.ru_maxrss >> 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One row: ours against a peer's; `limit` is the ratio we promise, if any.

    Where both are `warm`, each runs once before it counts.
    """

    what: str
    ours: Side
    peer: Side
    limit: float | None = None
    warm: bool = False


def hold(contest: Contest, runs: int) -> bool:
    """Run both sides in turn, print the row, and say whether the limit held."""
    ours, peer, most = [], [], 0
    if contest.warm:
        contest.ours.seconds(-1)
        contest.peer.seconds(-1)
    for run in range(runs):
        took, memory = contest.ours.seconds(run)
        most = max(most, memory)
        ours.append(took)
        peer.append(contest.peer.seconds(run)[0])
    ratio = statistics.median(a / b for a, b in zip(ours, peer, strict=True))
    times = statistics.median(ours), statistics.median(peer)
    return row(contest.what, *times, ratio, contest.limit, more=f"; {most} MiB at most")


def row(
    what: str, ours: float, peer: float, ratio: float, limit: float | None, *, more: str = ""
) -> bool:
    """Print a row of two times in seconds; whether the limit held."""
    held = limit is None or ratio <= limit
    promise = f" (at most {limit:g}: {'held' if held else 'NOT HELD'})" if limit else ""
    figures = f"{ours * 1000:7.0f} ms / {peer * 1000:7.0f} ms = {ratio:5.2f}"
    say(f"{what:<64} {figures}{promise}{more}")
    return held


def say(line: str) -> None:
    """One line at once: a bench takes minutes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
