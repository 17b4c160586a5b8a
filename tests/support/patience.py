"""Waiting for something outside, never for longer than said."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest


def until(ready: Callable[[], bool], *, seconds: float, told: Callable[[], str]) -> None:
    """Ask again and again until it is so; then fail with what `told` gives."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds} seconds: {told()}")
        time.sleep(0.1)
