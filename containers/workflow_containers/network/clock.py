"""Time, sleep and chance, for transports that wait: the one module of this package with them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_STEP = 0.25  # seconds until a sleeper looks whether it was told to stop


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`now` in seconds from any start, `date` in seconds since 1970, `chance` from 0 to 1."""

    now: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time
    sleep: Callable[[float], None] = _sleep
    chance: Callable[[], float] = random.random

    def guarded(self, guard: Callable[[Callable[[float], None]], Callable[[float], None]]) -> Clock:
        """The same clock, whose sleepers pass the guard before and after every short step.

        `Interruption.guard` ends the threads of a process that was told to stop.
        """
        step = guard(self.sleep)

        def sleep(seconds: float) -> None:
            while seconds > 0:
                step(min(seconds, _STEP))
                seconds -= _STEP

        return Clock(now=self.now, date=self.date, sleep=sleep, chance=self.chance)


CLOCK = Clock()
"""The machine's own."""
