"""Being told to stop, by Ctrl-C or a signal: what runs is ended, then everything unwinds.

Told once, the programs at work are ended and scratch folders removed on the way out. Told twice,
or when unwinding takes too long, the process just ends: whatever it leaves, the next run takes
away, as it does after a power cut.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TypeVar

C = TypeVar("C")
R = TypeVar("R")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LIMIT = 20  # seconds to unwind


@dataclass(slots=True, kw_only=True)
class Interruption:
    """The signal that told this process to stop, if one did."""

    signal: int | None = None

    @property
    def exit_code(self) -> int:
        """What a shell reports for a process that a signal ended."""
        return 128 + (self.signal or signal.SIGINT)

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Inside, a signal raises `KeyboardInterrupt` once no program runs any more.

        Signals that this process was started to ignore (`nohup`) stay ignored.
        """
        numbers = (*_SIGNALS, signal.SIGALRM)
        before = {number: signal.getsignal(number) for number in numbers}
        for number in numbers:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, self._told)
        try:
            yield
        finally:
            signal.alarm(0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _told(self, number: int, _: FrameType | None) -> None:
        if self.signal is not None:
            os._exit(self.exit_code)
        from workflow_sbom.machine.processes import end_below

        self.signal = number
        signal.alarm(_LIMIT)
        end_below(os.getpid())
        raise KeyboardInterrupt

    def guard(self, run: Callable[[C], R]) -> Callable[[C], R]:
        """The runner that starts nothing more and answers nothing more once told to stop."""

        def guarded(command: C, /) -> R:
            self._leave()
            done = run(command)
            self._leave()
            return done

        return guarded

    def _leave(self) -> None:
        """End this thread in silence: what an ended program answered means nothing."""
        if self.signal is not None:
            raise SystemExit(self.exit_code)
