from __future__ import annotations

import pytest

from workflow_engine.duration import Duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1m30s", 90), ("500ms", 0.5), ("24h", 86400), ("1.5h", 5400), (7, 7), ("0s", 0)],
)
def test_durations_are_read(text: object, seconds: float) -> None:
    assert Duration.parse(text) == Duration(seconds)


@pytest.mark.parametrize("text", ["", "s", "1", "-1s", "1 s", "1d", "9999999h", True, None, [], -1])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        Duration.parse(text)
