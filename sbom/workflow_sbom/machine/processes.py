"""The programs that a process started, and what those started: found in /proc, and ended.

Whoever started them, in whichever thread: nobody has to keep a list. Where there is no /proc none
is found, and programs end as the terminal or they themselves decide.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import NamedTuple

_STEP = 0.05
# Who shares our terminal has had its Ctrl-C already and is cleaning up. Then programs are
# interrupted, told to end, killed; each time with so many seconds to follow.
_ROUNDS = ((0, 0.5), (signal.SIGINT, 2.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))


class Process(NamedTuple):
    """A process: its id may be used again, with the moment it started it is the one."""

    id: int
    started: int


def end_below(ancestor: int) -> None:
    """End everything that a process started, directly or not, the gentle way first."""
    known: frozenset[Process] = frozenset()
    for number, seconds in _ROUNDS:
        for each in _alive(known, ancestor):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(each.id, number)
        for _ in range(round(seconds / _STEP)):
            known = _alive(known, ancestor)
            if not known:
                return
            Event().wait(_STEP)


def _alive(known: frozenset[Process], ancestor: int) -> frozenset[Process]:
    """Of those known before, who still runs, whoever is its parent now; and who came since."""
    parents = running()
    return (known & parents.keys()) | below(ancestor, parents)


def below(ancestor: int, parents: Mapping[Process, int]) -> frozenset[Process]:
    """The descendants of a process."""
    children: dict[int, list[Process]] = {}
    for each, parent in parents.items():
        children.setdefault(parent, []).append(each)
    found: set[Process] = set()
    left = [ancestor]
    while left:
        for child in children.pop(left.pop(), ()):
            found.add(child)
            left.append(child.id)
    return frozenset(found)


def running() -> dict[Process, int]:
    """Every process of the machine that has not ended, with its parent's id."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found.append(parse_stat((folder / "stat").read_bytes()))
    return dict(each for each in found if each is not None)


def parse_stat(line: bytes) -> tuple[Process, int] | None:
    """Read /proc/<id>/stat (proc(5)), whatever the program calls itself; None when it has ended."""
    number, _, rest = line.partition(b" (")
    state, parent, *fields = rest.rpartition(b") ")[2].split()
    if state in {b"Z", b"X"}:
        return None
    return Process(id=int(number), started=int(fields[17])), int(parent)
