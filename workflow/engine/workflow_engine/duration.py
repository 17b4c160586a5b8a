"""Lengths of time written as the field writes them: `500ms`, `30s`, `1m30s`, `24h`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ns|us|µs|ms|s|m|h)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_LONGEST: Final = 366 * 24 * 3600.0


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time, at most a year."""

    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds <= _LONGEST:
            raise ValueError("a duration is between 0 and a year")

    @classmethod
    def parse(cls, value: object) -> Duration:
        """From a text such as `1m30s`, or a bare number of seconds; raises `ValueError`."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls(float(value))
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            parts = _PART.findall(value)
            return cls(sum(float(number) * _UNITS[unit] for number, unit in parts))
        raise ValueError(f"{str(value)[:40]!r} is no duration such as 30s, 1m30s or 500ms")
