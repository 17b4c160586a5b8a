from __future__ import annotations

import pytest

from workflow_sbom.terminal.sizes import in_units


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (2 << 30, "2147.5 MB")],
)
def test_a_size_in_the_unit_that_fits(size: int, text: str) -> None:
    assert in_units(size) == text
