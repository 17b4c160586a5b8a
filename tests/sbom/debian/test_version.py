from __future__ import annotations

import shutil
import subprocess
from itertools import product

import pytest

from support.absent import absent
from workflow_sbom.debian.version import order

ORDERED = (
    "0~~", "0~", "0", "0.1", "1.0~rc1-1", "1.0-1~bpo12+1", "1.0-1", "1.0-1+b1", "1.0-1+deb13u1",
    "1.0-2", "1.0-10", "1.0a-1", "1.0+dfsg-1", "1.0.1-1", "1.5.7+dfsg-1", "1.5.7+dfsg-1+deb13u1",
    "1.10-1", "20250101-1", "1:0.1-1",
)  # fmt: skip


def test_versions_sort_as_debian_sorts_them() -> None:
    assert sorted(ORDERED, key=order) == list(ORDERED)


@pytest.mark.parametrize(("one", "two"), [("1.0", "1.0-0"), ("0:1", "1"), ("1.01", "1.1")])
def test_two_ways_to_write_one_version(one: str, two: str) -> None:
    assert order(one) == order(two)


def test_dpkg_agrees() -> None:
    dpkg = shutil.which("dpkg") or absent("dpkg of Debian")
    for one, two in product((*ORDERED, "1.0-0", "1.0", "a", "1.0-a0", "1.0-a"), repeat=2):
        said = subprocess.run([dpkg, "--compare-versions", one, "lt", two], check=False)
        assert (said.returncode == 0) == (order(one) < order(two)), (one, two)
