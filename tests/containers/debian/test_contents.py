from __future__ import annotations

import dataclasses
import tarfile

import pytest

from simulators.images import deb, locked, member
from workflow_containers.debian import contents as debian
from workflow_containers.debian.deb import read
from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink

Member = tuple[tarfile.TarInfo, bytes]


def contents(*members: Member, name: str = "demo", exclude: tuple[str, ...] = ()) -> list[Entry]:
    data = deb(name, members)
    return list(debian.contents(read(data, "x.deb"), locked(data, name), exclude))


def paths(entries: list[Entry]) -> list[str]:
    return [entry.path for entry in entries if "status.d" not in entry.path]


def test_the_merged_usr_is_one_tree() -> None:
    found = contents(
        member("./bin/sh", b"", mode=0o755),
        member("./lib/x/libc.so.6"),
        member("./lib64/ld.so", kind=tarfile.SYMTYPE, link="../lib/x/ld.so"),
        member("./sbin/a", kind=tarfile.LNKTYPE, link="./bin/sh"),
        member("./library/x"),
    )
    assert found[:5] == [
        File("usr/bin/sh", 0o755, b""),
        File("usr/lib/x/libc.so.6", 0o644, b""),
        Symlink("usr/lib64/ld.so", "../lib/x/ld.so"),
        Hardlink("usr/sbin/a", "usr/bin/sh"),
        File("library/x", 0o644, b""),
    ]


@pytest.mark.parametrize("kind", [tarfile.DIRTYPE, tarfile.SYMTYPE])
def test_no_package_makes_the_links_of_the_root(kind: bytes) -> None:
    """A real `lib` folder over the link would leave no program able to start."""
    found = contents(*(member(f"./{name}", kind=kind, link="usr/lib") for name in ("lib", "lib64")))
    assert paths(found) == []


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/man/man1/x.1.gz",
        "usr/share/locale/de/LC_MESSAGES/x.mo",
        "usr/share/doc/demo/changelog.gz",
        "usr/share/doc/demo/examples/Makefile",
        "usr/lib/python3.13/test/x.py",
        "usr/lib/python3.13/sitecustomize.py",
        "usr/lib/python3.13/lib-dynload/_testcapi.so",
        "usr/lib/x86_64-linux-gnu/gconv/UTF-7.so",
        "etc/update-motd.d/10-uname",
        "var/cache/x",
    ],
)
def test_what_a_container_never_reads_is_left_out(path: str) -> None:
    assert paths(contents(member(f"./{path}"))) == []


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/doc/demo/copyright",
        "usr/lib/python3.13/testing.py",
        "usr/share/zoneinfo/UTC",
        "etc/mime.types",
        "usr/lib/os-release",
        "etc/debian_version",
    ],
)
def test_what_is_needed_stays(path: str) -> None:
    assert paths(contents(member(f"./{path}"))) == [path]


def test_a_link_to_another_packages_documents_stays() -> None:
    link = member("./usr/share/doc/demo", kind=tarfile.SYMTYPE, link="other")
    assert contents(link)[0] == Symlink("usr/share/doc/demo", "other")


def test_a_definition_leaves_out_more() -> None:
    found = contents(member("./usr/lib/a.so"), member("./usr/lib/b.so"), exclude=("usr/lib/a.*",))
    assert paths(found) == ["usr/lib/b.so"]


def test_empty_folders_are_debians_own_places_alone() -> None:
    found = contents(*(member(f"./{name}", kind=tarfile.DIRTYPE) for name in ("tmp", "home", "x")))
    assert found[0] == Directory("tmp")
    assert paths(found) == ["tmp"]


def test_a_package_is_recorded_as_scanners_expect_it() -> None:
    data = deb("demo", more="Source: demo-src\n")
    package = locked(data, "demo")
    *_, record, sums = debian.contents(read(data, "x.deb"), package, ())
    assert isinstance(record, File)
    assert record.path == "var/lib/dpkg/status.d/demo"
    assert record.data.decode().splitlines() == [
        "Package: demo",
        "Version: 1.0-1",
        "Architecture: amd64",
        "Maintainer: Some Body <some@body.test>",
        "Source: demo-src",
        "Description: a package",
        " more of it",
        "Filename: pool/main/d/demo/demo_1.0-1_amd64.deb",
        f"Size: {len(data)}",
        f"SHA256: {package.sha256.hex}",
    ]
    assert sums == File("var/lib/dpkg/status.d/demo.md5sums", 0o644, b"0  usr/x\n")


def test_the_authorities_become_one_sorted_bundle() -> None:
    found = contents(
        member("./usr/share/ca-certificates/mozilla/b.crt", b"BBB"),
        member("./usr/share/ca-certificates/mozilla/a.crt", b"AAA\n"),
        member("./usr/sbin/update-ca-certificates", b"#!/bin/sh", mode=0o755),
        name="ca-certificates",
    )
    assert paths(found) == ["etc/ssl/certs/ca-certificates.crt"]
    assert found[-1] == File("etc/ssl/certs/ca-certificates.crt", 0o644, b"AAA\nBBB\n")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "other", "its Package is 'demo'; the lock says 'other'"),
        ("version", "9", "its Version is '1.0-1'; the lock says '9'"),
        ("architecture", "arm64", "its Architecture is 'amd64'; the lock says 'arm64'"),
    ],
)
def test_another_package_than_the_locked_one_is_refused(
    field: str, value: str, message: str
) -> None:
    data = deb("demo")
    package = dataclasses.replace(locked(data, "demo"), **{field: value})  # type: ignore[arg-type]
    with pytest.raises(MemberError, match=message):
        list(debian.contents(read(data, "x.deb"), package, ()))
