from __future__ import annotations

import pytest

from workflow_sbom.documents.versions import step


@pytest.mark.parametrize(
    ("ecosystem", "older", "newer"),
    [
        ("pypi", "1.9", "1.10"),
        ("pypi", "2.0rc1", "2.0"),
        ("pypi", "1!0.1", "2!0.1"),
        ("npm", "1.9.9", "1.10.0"),
        ("npm", "2.0.0-alpha", "2.0.0-alpha.1"),
        ("npm", "2.0.0-2", "2.0.0-11"),
        ("npm", "2.0.0-11", "2.0.0-a"),
        ("npm", "2.0.0-rc.1", "2.0.0"),
        ("golang", "v0.9.0", "v1.0.0"),
        ("golang", "v0.0.0-20240101000000-abcdef123456", "v0.0.0-20250101000000-abcdef123456"),
        ("cargo", "0.9.0", "0.10.0"),
        ("deb", "1:1.0~rc1-1", "1:1.0-1"),
        ("deb", "9.0-1", "1:0.1-1"),
        ("deb", "2.36-9+deb12u3", "2.36-9+deb12u10"),
    ],
)
def test_the_order_of_each_ecosystem(ecosystem: str, older: str, newer: str) -> None:
    assert step(ecosystem, older, newer) == "upgraded"
    assert step(ecosystem, newer, older) == "downgraded"


@pytest.mark.parametrize(
    ("ecosystem", "old", "new"),
    [
        ("pypi", "1.0", "1.0.0"),
        ("pypi", "1.0", "not a version"),
        ("npm", "1.0.0+a", "1.0.0+b"),
        ("npm", "1.0", "1.1"),
        ("npm", "01.0.0", "1.0.1"),
        ("deb", "1.0-1", "1.0 beta"),
        ("maven", "1.0", "1.1"),
        ("", "1.0", "1.1"),
        (None, "1.0", "1.1"),
        ("pypi", "1" * 100_000, "2"),
        ("npm", f"{'1' * 150}.0.0-{'a' * 100_000}", "1.0.0"),
        ("deb", "1" * 100_000, "2"),
    ],
)
def test_what_has_no_order_is_changed(ecosystem: str | None, old: str, new: str) -> None:
    assert step(ecosystem, old, new) == "changed"
