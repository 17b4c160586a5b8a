"""What every test shares."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Binary data is named after their argument: archives made for a test hold the time of day.

    Workers collect by themselves and must arrive at the same names.
    """
    return argname if isinstance(val, bytes) and b"\0" in val else None
