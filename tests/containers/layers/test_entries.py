from __future__ import annotations

import pytest

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import (
    Directory,
    check_link,
    check_path,
    directory,
    parents,
    plain_mode,
)


@pytest.mark.parametrize("path", ["a", "usr/bin/python3", "a b", "é/ü", r"system-a\x2db", "..."])
def test_a_plain_path_is_taken_as_it_is(path: str) -> None:
    assert check_path(path, "x.deb") == path


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "empty"),
        ("/etc/passwd", "absolute"),
        ("a/../b", "not in its plain form"),
        ("..", "not in its plain form"),
        ("a//b", "not in its plain form"),
        ("./a", "not in its plain form"),
        ("a/", "not in its plain form"),
        ("a\nb", "control characters"),
        ("a\x1b[31m", "control characters"),
        ("a\udc80", "control characters"),
        ("usr/.wh.bin", "whiteout"),
        (".wh..wh..opq", "whiteout"),
        ("n" * 256, "longer than 255"),
        ("a/" * 2049 + "a", "longer than 4096"),
    ],
)
def test_a_path_that_leaves_or_deletes_is_refused(path: str, message: str) -> None:
    with pytest.raises(MemberError, match=message) as caught:
        check_path(path, "x.deb")
    assert str(caught.value).startswith("x.deb: ")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("usr/bin/python3", "python3.13"),
        ("usr/lib/ssl/cert.pem", "../../../etc/ssl/certs/ca.crt"),
        ("etc/mtab", "/proc/mounts"),
        ("a/b", ".."),
    ],
)
def test_a_link_inside_the_root_is_taken(path: str, target: str) -> None:
    assert check_link(path, target, "x.deb") == target


@pytest.mark.parametrize(
    ("path", "target"),
    [("a", "../b"), ("usr/x", "../../etc"), ("a/b", "/../etc"), ("a/b", "c/../../../d"), ("a", "")],
)
def test_a_link_out_of_the_root_is_refused(path: str, target: str) -> None:
    with pytest.raises(MemberError):
        check_link(path, target, "x.deb")


@pytest.mark.parametrize(("mode", "plain"), [(0o600, 0o644), (0o666, 0o644), (0o500, 0o755)])
def test_modes_are_one_of_two(mode: int, plain: int) -> None:
    assert plain_mode(mode, "a", "x.deb") == plain


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6000])
def test_setuid_and_setgid_are_refused(mode: int) -> None:
    with pytest.raises(MemberError, match="setuid or setgid"):
        plain_mode(mode, "usr/bin/su", "x.deb")


def test_folders_have_the_mode_that_their_place_asks_for() -> None:
    assert directory("tmp") == Directory("tmp", 0o1777)
    assert directory("root") == Directory("root", 0o700)
    assert directory("usr") == Directory("usr", 0o755)


def test_the_folders_above_a_path_come_nearest_first() -> None:
    assert list(parents("a/b/c")) == ["a/b", "a"]
    assert list(parents("a")) == []
