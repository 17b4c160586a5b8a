"""Secrets: one type that no message, log or picture of a value shows."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or token; prints as `***`. `reveal` is called where it goes out, nowhere else."""

    _value: str = field(repr=False)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def reveal(self) -> str:
        """The secret itself."""
        return self._value
