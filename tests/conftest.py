"""What every test shares."""

from __future__ import annotations

import pytest


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
