"""Laws of versions, against `semver`, `packaging` and dpkg's algorithm written a second time."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Literal

import packaging.version
import pytest
import semver
from hypothesis import assume, given
from hypothesis import strategies as st

from workflow_release.errors import VersionError
from workflow_release.version import FORMATS, LARGEST, Channel, Format, Version

OCI_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")  # OCI distribution 1.1, "pulling"
DEBIAN = re.compile(r"[0-9][A-Za-z0-9.+~]*")  # Debian policy 5.6.12, no epoch and no revision

numbers = st.one_of(st.integers(0, 12), st.integers(0, 120), st.integers(0, LARGEST))
builds = st.builds(
    lambda commit, dirty: f"g{commit:012x}" + (".dirty" if dirty else ""),
    st.one_of(st.integers(0, 3), st.integers(0, 16**12 - 1)),
    st.booleans(),
)


@st.composite
def versions(draw: st.DrawFn) -> Version:
    channel: Channel | None = draw(st.sampled_from(["dev", "rc", None]))
    return Version(
        major=draw(numbers),
        minor=draw(numbers),
        patch=draw(numbers),
        channel=channel,
        number=0 if channel is None else draw(numbers),
        build=draw(st.none() | builds),
    )


@st.composite
def near(draw: st.DrawFn) -> tuple[Version, Version]:
    """Two versions that often share their first parts, where orders go wrong."""
    first, second = draw(versions()), draw(versions())
    shared = draw(st.integers(0, 5))
    names = ("major", "minor", "patch", "channel", "number")[:shared]
    parts = {name: getattr(first if name in names else second, name) for name in first.__slots__}
    if parts["channel"] is None:
        parts["number"] = 0
    return first, Version(**parts)


def spelled(version: Version, format_: Format) -> str:
    try:
        return version.render(format_)
    except VersionError:
        assert format_ == "npm"
        assert version.channel is None
        assert version.build is not None
        assume(False)
        raise


def parsed_or_refused(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except VersionError as error:
        return None if error.remedy and str(error).isprintable() else pytest.fail(str(error))


def sign(lower: bool, higher: bool) -> Literal[-1, 0, 1]:
    return -1 if lower else 1 if higher else 0


def compared(first: Version, second: Version) -> int:
    return sign(first < second, first > second)


@given(versions())
def test_parsing_undoes_writing(version: Version) -> None:
    assert Version.parse(str(version)) == version
    assert Version.parse_tag("v", f"v{version}") == (version if version.publishable else None)


@given(versions())
def test_every_version_is_semver(version: Version) -> None:
    parsed = semver.Version.parse(str(version))
    assert (parsed.major, parsed.minor, parsed.patch) == (
        version.major,
        version.minor,
        version.patch,
    )
    assert parsed.build == version.build
    assert (parsed.prerelease is None) == (version.channel is None)


@given(st.from_regex(semver.Version._REGEX) | st.text(max_size=30))
def test_nothing_but_semver_is_a_version(text: str) -> None:
    if (version := parsed_or_refused(text)) is not None:
        assert semver.Version.is_valid(text)
        assert str(version) == text


@given(near())
def test_the_order_is_semver_s(pair: tuple[Version, Version]) -> None:
    first, second = pair
    theirs = semver.Version.parse(str(first)).compare(str(second))
    assert compared(first, second) == theirs or (theirs == 0 and first.build != second.build)


@given(near())
def test_the_order_is_total(pair: tuple[Version, Version]) -> None:
    first, second = pair
    assert compared(first, second) == -compared(second, first)
    assert (compared(first, second) == 0) == (first == second)
    assert (first <= second) == (not first > second)


@given(st.lists(versions(), max_size=4))
def test_sorting_gives_one_order(some: list[Version]) -> None:
    backwards = some[::-1]
    assert sorted(some) == sorted(backwards)


@pytest.mark.parametrize("format_", FORMATS)
@given(pair=near())
def test_every_rendering_is_injective(format_: Format, pair: tuple[Version, Version]) -> None:
    first, second = pair
    assert (spelled(first, format_) == spelled(second, format_)) == (first == second)


@given(near())
def test_pep440_keeps_the_whole_order(pair: tuple[Version, Version]) -> None:
    first, second = (packaging.version.Version(version.render("pep440")) for version in pair)
    assert sign(first < second, first > second) == compared(*pair)


@given(versions())
def test_pep440_is_in_normal_form(version: Version) -> None:
    text = version.render("pep440")
    parsed = packaging.version.Version(text)
    assert str(parsed) == text
    assert parsed.is_prerelease == (version.channel is not None)
    assert parsed.local == version.build


@given(near())
def test_npm_keeps_the_order_without_build_metadata(pair: tuple[Version, Version]) -> None:
    first, second = (semver.Version.parse(spelled(version, "npm")) for version in pair)
    assert first.build is None
    assert second.build is None
    one, other = pair
    same_precedence = one.build is not None and other.build is not None
    if same_precedence and (one.core, one.channel, one.number) == (
        other.core,
        other.channel,
        other.number,
    ):
        assert (first.compare(second) == 0) == (one == other)
    else:
        assert first.compare(second) == compared(one, other)


@given(near())
def test_debian_keeps_the_order(pair: tuple[Version, Version]) -> None:
    one, other = pair
    first, second = one.render("deb"), other.render("deb")
    assert DEBIAN.fullmatch(first)
    unbuilt = [(each.core, each.channel, each.number) for each in pair]
    if unbuilt[0] == unbuilt[1] and one.build and other.build:
        # dpkg reads runs of digits in a commit id as numbers, so such ids have no useful order,
        # and 0a equals 00a: the texts differ, which is all a local package needs
        assert (first == second) == (one == other)
    else:
        assert dpkg_compare(first, second) == compared(one, other)


@given(versions())
def test_an_oci_tag_is_one_and_can_be_undone(version: Version) -> None:
    text = version.render("oci")
    assert OCI_TAG.fullmatch(text)
    assert Version.parse(text.replace("_", "+")) == version


@given(versions())
def test_a_file_name_part_needs_no_quoting_and_can_be_undone(version: Version) -> None:
    text = version.render("file")
    assert re.fullmatch(r"[A-Za-z0-9._-]+", text)
    assert Version.parse(text.replace("_", "+")) == version


def dpkg_compare(first: str, second: str) -> int:
    """deb-version(7) on upstream versions: runs of other characters, then runs of digits."""
    pairs = zip_longest(
        re.findall(r"([^0-9]*)([0-9]*)", first),
        re.findall(r"([^0-9]*)([0-9]*)", second),
        fillvalue=("", ""),
    )
    for (text, digits), (other_text, other_digits) in pairs:
        if order := sign(weights(text) < weights(other_text), weights(text) > weights(other_text)):
            return order
        number, other = int(digits or "0"), int(other_digits or "0")
        if order := sign(number < other, number > other):
            return order
    return 0


def weights(text: str) -> list[int]:
    """A tilde before the end, the end before letters, letters before everything else."""
    return [
        *(-1 if char == "~" else ord(char) if char.isalpha() else ord(char) + 256 for char in text),
        0,
    ]
