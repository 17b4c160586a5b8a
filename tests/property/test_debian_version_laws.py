"""Laws of the order of Debian versions: python-debian, which shares no code with it, agrees."""

from __future__ import annotations

import re

from debian.debian_support import NativeVersion
from hypothesis import example, given
from hypothesis import strategies as st

from workflow_sbom.debian.version import order
from workflow_sbom.policy.advisories import versions

VERSIONS = st.from_regex(
    re.compile(r"([0-9]{1,2}:)?[0-9][0-9a-zA-Z.+~]{0,6}(-[0-9a-zA-Z.+~]{1,3})?", re.ASCII),
    fullmatch=True,
)


@given(VERSIONS, VERSIONS)
@example("1.0", "1.0-0")
@example("1.0~~", "1.0~")
@example("1.0a", "1.0+")
def test_two_versions_are_in_the_order_that_others_have_them_in(one: str, two: str) -> None:
    theirs = NativeVersion(one), NativeVersion(two)
    assert (order(one) < order(two)) == (theirs[0] < theirs[1])
    assert (order(one) == order(two)) == (theirs[0] == theirs[1])


@given(VERSIONS)
def test_a_policy_takes_every_version_and_orders_it_alike(version: str) -> None:
    of_debian = versions.order("Debian:13")
    assert of_debian is not None
    assert of_debian(version) == order(version)


def test_numbers_of_any_length_have_their_place() -> None:
    assert order("9" * 5000) > order("9" * 4999)
    assert order("0" * 5000 + "1") == order("1")
    assert order("9" * 5000 + ":1") > order("8:2")
