"""Answers asked for by many and found once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Once(Generic[T]):
    """Remembers the answer to each question; who asks while it is looked for waits for it.

    An error is no answer: the next to ask looks again.
    """

    _answers: dict[str, T] = field(default_factory=dict)
    _locks: dict[str, Lock] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, question: str, find: Callable[[], T]) -> T:
        """The answer, by `find` when nobody has found it yet."""
        with self._lock:
            lock = self._locks.setdefault(question, Lock())
        with lock:
            if question not in self._answers:
                self._answers[question] = find()
            return self._answers[question]
