"""What every test shares."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A machine that does other things meanwhile is slow, and no law is broken by that.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Binary data is named after their argument: archives made for a test hold the time of day.

    Workers collect by themselves and must arrive at the same names.
    """
    return argname if isinstance(val, bytes) and b"\0" in val else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The digests that tests recorded, once each: what to compare with another machine's."""
    reports = terminalreporter.getreports("passed")
    found = {
        str(value)
        for report in reports
        for name, value in report.user_properties
        if name == "digest"
    }
    if found:
        terminalreporter.section("digests")
    for line in sorted(found):
        terminalreporter.write_line(line)


@pytest.fixture
def sockets_of_the_sdk() -> Iterator[None]:
    """Docker's SDK leaves a socket that can't be connected to the garbage collector; it comes now.

    The test that asks for this ignores the warning; later ones do not.
    """
    yield
    gc.collect()
