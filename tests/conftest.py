"""What every test shares."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long bytes are named after their argument: archives made for a test hold the time of day.

    Workers collect by themselves and must arrive at the same names.
    """
    return argname if isinstance(val, bytes) and len(val) > 24 else None
