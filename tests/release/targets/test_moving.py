from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_release.targets.moving import forward, moving_names
from workflow_release.version import Version


def versions(*texts: str) -> tuple[Version, ...]:
    return tuple(map(Version.parse, texts))


@pytest.mark.parametrize(
    ("version", "released", "names"),
    [
        ("1.2.3", (), ("1.2", "1", "latest")),
        ("1.2.3", ("1.2.2", "0.9.0"), ("1.2", "1", "latest")),
        ("1.2.4", ("1.2.3", "1.3.0", "2.0.0"), ("1.2",)),
        ("1.3.1", ("1.3.0", "2.0.0"), ("1.3", "1")),
        ("1.2.3", ("1.2.4",), ()),
        ("1.2.3", ("1.2.4-rc.1",), ("1.2", "1", "latest")),
        ("0.2.0", ("0.1.0",), ("0.2", "latest")),
        ("1.3.0-dev.4", ("1.2.3",), ("edge",)),
        ("1.3.0-rc.1", (), ("edge",)),
        ("1.3.0-dev.4+g0123456789ab", (), ()),
        ("1.3.0+g0123456789ab", (), ()),
    ],
)
def test_the_names_a_version_is_to_have(
    version: str, released: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert moving_names(Version.parse(version), versions(*released)) == names


small = st.builds(
    lambda a, b, c: Version(major=a, minor=b, patch=c),
    *(st.integers(0, 3) for _ in range(3)),
)


@given(st.lists(small, unique=True, min_size=1, max_size=8))
def test_whatever_the_order_of_releases_each_name_ends_at_the_highest(
    order: list[Version],
) -> None:
    there: dict[str, Version] = {}
    for at, version in enumerate(order):
        for name in moving_names(version, order[:at]):
            if forward(there.get(name), version):
                there[name] = version
    assert there["latest"] == max(order)
    for name, version in there.items():
        if "." in name:
            line = [v for v in order if f"{v.major}.{v.minor}" == name]
            assert version == max(line)


@pytest.mark.parametrize(
    ("there", "moves"), [(None, True), ("1.2.2", True), ("1.2.3", False), ("1.3.0-dev.1", False)]
)
def test_a_name_never_moves_back(there: str | None, moves: bool) -> None:
    assert forward(Version.parse(there) if there else None, Version.parse("1.2.3")) is moves
