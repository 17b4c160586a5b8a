from __future__ import annotations

import time

import pytest

from workflow_sbom.policy.advisories.versions import order

ORDERS = {
    "PyPI": ["1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.1", "1!0.1"],
    "npm": ["1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.1",
            "1.0.0", "1.0.2", "1.0.10"],
    "Go": ["v0.0.0-20200101000000-abcdefabcdef", "0.1.0", "1.22rc1", "go1.22", "1.22.1",
           "v2.0.0+incompatible"],
    "crates.io": ["0.9.0", "1.0.0-beta", "1.0.0"],
    "Debian:13": ["1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-1+deb13u1", "1.0-1.1", "1.0-2",
                  "1.0a-1", "1:0.1-1"],
}  # fmt: skip


@pytest.mark.parametrize("ecosystem", ORDERS)
def test_versions_are_in_their_ecosystem_s_order(ecosystem: str) -> None:
    key = order(ecosystem)
    assert key is not None
    versions = ORDERS[ecosystem]
    assert sorted([*versions[2:], *versions[:2]], key=key) == versions
    assert len({repr(each) for each in map(key, versions)}) == len(versions)


def test_build_metadata_has_no_order() -> None:
    key = order("npm")
    assert key is not None
    assert key("1.0.0+a") == key("1.0.0+b")


@pytest.mark.parametrize("ecosystem", ["Maven", "OSS-Fuzz", "", "Ubuntu:22.04"])
def test_other_ecosystems_have_no_order_here(ecosystem: str) -> None:
    assert order(ecosystem) is None


@pytest.mark.parametrize(
    ("ecosystem", "text"),
    [
        ("PyPI", "not a version"),
        ("PyPI", "1." * 500_000 + "1"),
        ("npm", "1.0"),
        ("npm", "01.0.0"),
        ("npm", "1.0.0-" + "a-" * 500_000),
        ("npm", "\u0661.0.0"),
        ("Go", "go1"),
        ("Go", "1." * 500_000),
        ("Debian:13", ""),
        ("Debian:13", "1 0"),
        ("Debian:13", "1" * 1_000_000),
    ],
)
def test_what_is_no_version_is_told_soon(ecosystem: str, text: str) -> None:
    key = order(ecosystem)
    assert key is not None
    started = time.process_time()
    with pytest.raises(ValueError, match=r"."):
        key(text)
    assert time.process_time() - started < 0.5
