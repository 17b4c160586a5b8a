"""What this process was given: its environment and its clocks. The only reader of both."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine as one run of the engine sees it; made once, at the door."""

    environment: Mapping[str, str]
    clock: Clock

    @classmethod
    def detect(cls) -> Host:
        """Read this process's surroundings."""
        return cls(environment=MappingProxyType(dict(os.environ)), clock=SystemClock())
