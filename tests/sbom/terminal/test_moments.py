from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workflow_sbom.errors import UsageError
from workflow_sbom.terminal.moments import epoch, instant


def test_a_time_is_read_in_its_zone_and_given_in_utc() -> None:
    assert instant("--at", "2026-03-04T05:06:07+02:00") == datetime(2026, 3, 4, 3, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2026-03-04", "2026-03-04T05:06:07", "now", "0001-01-01T00:00:00+05:00"]
)
def test_what_is_no_time_is_refused_with_the_options_name(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--at '.*' is no time with its offset from UTC"):
        instant("--at", text)


def test_an_epoch_is_seconds() -> None:
    assert epoch("0") == 0
    assert epoch("253402300799") == 253402300799


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "253402300800", "9" * 5000, "\u0661"])
def test_what_is_no_epoch_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no seconds since 1970"):
        epoch(text)
