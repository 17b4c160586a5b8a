from __future__ import annotations

import os
import shutil
import subprocess
from itertools import pairwise

import pytest

from workflow_release.errors import VersionError
from workflow_release.source import Change
from workflow_release.version import FORMATS, LARGEST, Format, Version, next_core


def change(kind: str, *, breaking: bool = False) -> Change:
    return Change(commit="0" * 40, kind=kind, scope=None, breaking=breaking, summary="x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3", ("1.2.3", "1.2.3", "1.2.3", "1.2.3", "1.2.3", "1.2.3")),
        (
            "1.2.3-rc.1",
            ("1.2.3-rc.1", "1.2.3rc1", "1.2.3-rc.1", "1.2.3-rc.1", "1.2.3~rc.1", "1.2.3-rc.1"),
        ),
        (
            "1.2.3-dev.5",
            (
                "1.2.3-dev.5",
                "1.2.3.dev5",
                "1.2.3-dev.5",
                "1.2.3-dev.5",
                "1.2.3~dev.5",
                "1.2.3-dev.5",
            ),
        ),
        (
            "0.1.0-dev.5+g0123456789ab.dirty",
            (
                "0.1.0-dev.5+g0123456789ab.dirty",
                "0.1.0.dev5+g0123456789ab.dirty",
                "0.1.0-dev.5_g0123456789ab.dirty",
                "0.1.0-dev.5.g0123456789ab.dirty",
                "0.1.0~dev.5+g0123456789ab.dirty",
                "0.1.0-dev.5_g0123456789ab.dirty",
            ),
        ),
    ],
)
def test_one_version_has_a_spelling_in_every_world(text: str, expected: tuple[str, ...]) -> None:
    version = Version.parse(text)
    assert tuple(version.render(format_) for format_ in FORMATS) == expected


def test_a_release_with_metadata_has_no_npm_spelling() -> None:
    with pytest.raises(VersionError, match="npm drops build metadata") as caught:
        Version.parse("1.2.3+g0123456789ab").render("npm")
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "1.2", "v1.2.3", "1.2.3.4", "0.18.10.1", "01.2.3", "1.02.3", "1.2.3-rc.01",
        " 1.2.3", "1.2.3 ", "1.2.3\n", "1.2.3rc1", "1.2.3.dev5", "1.2.3-", "1.2.3+", "-1.2.3",
        "1.2.3-rc", "1.2.3-rc.1.2", "1.2.3-RC.1", "1.2.3-dev", "1.2.3+local", "1.2.3+g01234",
        "1.2.3+g0123456789AB", "1.2.3-dev.5+g0123456789ab.dirty.dirty", "1.2.3\0", "1_0.2.3",
    ],
)  # fmt: skip
def test_what_is_not_in_the_domain_is_refused(text: str) -> None:
    with pytest.raises(VersionError, match="is no version") as caught:
        Version.parse(text)
    assert caught.value.remedy
    assert str(caught.value).isprintable()
    assert Version.parse_tag("v", f"v{text}") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.2.3-alpha.1", "SemVer and PEP 440 sort other words differently"),
        ("1.2.3-beta", "'beta' is neither rc.N nor dev.N"),
        ("1.2.3-1", "'1' is neither rc.N nor dev.N"),
        ("١.2.3", "outside ASCII"),  # noqa: RUF001
        ("1.2.3\u202e", "outside ASCII"),
        (f"{LARGEST + 1}.0.0", "numbers go to 9007199254740991"),
        ("1.0.0-dev." + "9" * 16, "numbers go to 9007199254740991"),
        ("1" * 200, "longer than 100 characters"),
        ("1.2.3-rc." + "1" * 5000, "longer than 100 characters"),
        ("v1.2.3", "not strict SemVer"),
    ],
)
def test_a_refusal_says_why(text: str, reason: str) -> None:
    with pytest.raises(VersionError) as caught:
        Version.parse(text)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 400


def test_the_largest_numbers_are_a_version() -> None:
    text = f"{LARGEST}.{LARGEST}.{LARGEST}-dev.{LARGEST}+g0123456789ab.dirty"
    assert str(Version.parse(text)) == text


@pytest.mark.parametrize(
    ("prefix", "tag", "expected"),
    [
        ("v", "v1.2.3", "1.2.3"),
        ("", "1.2.3", "1.2.3"),
        ("release/", "release/1.2.3-rc.1", "1.2.3-rc.1"),
        ("v", "v1.2.3-dev.4", "1.2.3-dev.4"),
        ("v", "1.2.3", None),
        ("v", "V1.2.3", None),
        ("v", "vv1.2.3", None),
        ("v", "v0.18.10.1", None),
        ("v", "v1.2.3+g0123456789ab", None),
        ("", "v1.2.3", None),
    ],
)
def test_a_tag_names_a_version_or_none(prefix: str, tag: str, expected: str | None) -> None:
    found = Version.parse_tag(prefix, tag)
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"major": -1}, "between 0 and"),
        ({"patch": LARGEST + 1}, "between 0 and"),
        ({"patch": 10**5000}, "between 0 and"),
        ({"number": 1}, "there is no version 1 of channel"),
        ({"channel": "alpha", "number": 1}, "there is no version 1 of channel"),
        ({"build": "local"}, "build metadata is g, twelve"),
        ({"build": "g0123456789ab\n"}, "build metadata is g, twelve"),
    ],
)
def test_no_version_is_made_of_other_parts(parts: dict[str, object], fault: str) -> None:
    with pytest.raises(VersionError, match=fault):
        Version(**{"major": 1, "minor": 2, "patch": 3, **parts})  # type: ignore[arg-type]


def test_what_a_version_is() -> None:
    stable, candidate = Version.parse("1.2.3"), Version.parse("1.2.3-rc.1")
    dirty = Version.parse("1.2.3+g0123456789ab.dirty")
    assert (stable.stable, candidate.stable, dirty.stable) == (True, False, False)
    assert (stable.publishable, candidate.publishable, dirty.publishable) == (True, True, False)
    assert candidate.core == dirty.core == stable
    assert str(stable.dev(7)) == "1.2.3-dev.7"
    assert str(stable.dev(7, "g0123456789ab")) == "1.2.3-dev.7+g0123456789ab"


@pytest.mark.parametrize(
    ("previous", "changes", "expected"),
    [
        (None, [], "0.1.0"),
        (None, [change("feat", breaking=True)], "0.1.0"),
        ("0.1.0", [], "0.1.1"),
        ("0.1.0", [change("fix"), change("other")], "0.1.1"),
        ("0.1.0", [change("feat"), change("fix")], "0.2.0"),
        ("0.1.0", [change("fix", breaking=True)], "0.2.0"),
        ("0.9.3", [change("feat", breaking=True)], "0.10.0"),
        ("1.0.0", [change("docs")], "1.0.1"),
        ("1.0.0", [change("revert")], "1.0.1"),
        ("1.2.3", [change("fix"), change("feat")], "1.3.0"),
        ("1.2.3", [change("feat"), change("chore", breaking=True)], "2.0.0"),
    ],
)
def test_the_changes_decide_the_next_release(
    previous: str | None, changes: list[Change], expected: str
) -> None:
    before = None if previous is None else Version.parse(previous)
    assert next_core(before, changes) == Version.parse(expected)


def test_no_release_follows_the_largest() -> None:
    with pytest.raises(VersionError, match="between 0 and"):
        next_core(Version(major=1, minor=0, patch=LARGEST), [])


ORDERED = [
    "0.1.0-dev.1", "0.1.0-dev.2", "0.1.0-dev.2+g9123456789ab", "0.1.0-dev.10", "0.1.0-rc.1",
    "0.1.0-rc.10", "0.1.0", "0.1.0+g0123456789ab.dirty", "0.1.1-dev.1", "0.1.1", "0.1.10", "0.2.0",
    "1.0.0-rc.1", "1.0.0", "10.0.0",
]  # fmt: skip


def test_versions_sort_as_they_were_released() -> None:
    versions = [Version.parse(text) for text in ORDERED]
    backwards = versions[::-1]
    assert sorted(backwards) == versions
    assert versions[0] < versions[1] <= versions[1] < versions[2]
    assert versions[3] > versions[2] >= versions[2]


def test_versions_compare_with_versions_only() -> None:
    with pytest.raises(TypeError):
        assert Version.parse("1.2.3") < "1.2.4"


def test_dpkg_sorts_the_debian_spellings_the_same() -> None:
    if shutil.which("dpkg") is None:
        if os.environ.get("CI"):
            pytest.fail("dpkg is missing")
        pytest.skip("dpkg is missing: the Debian order is not checked against it")
    spelled = [Version.parse(text).render("deb") for text in ORDERED]
    for lower, higher in pairwise(spelled):
        command = ["dpkg", "--compare-versions", lower, "lt", higher]
        done = subprocess.run(command, check=False, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b""), (lower, higher)


def test_every_format_is_listed() -> None:
    assert set(FORMATS) == set(Format.__args__)  # type: ignore[attr-defined]
