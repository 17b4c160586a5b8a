from __future__ import annotations

from pathlib import Path

import pytest

from workflow_containers.debian.mirror import Mirrors, find
from workflow_containers.errors import MirrorError


def host(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "etc/apt/sources.list.d"
    folder.mkdir(parents=True)
    for name, text in files.items():
        place = tmp_path / "etc/apt" if name == "main" else folder
        suffix = {"main": "sources.list"}.get(name, f"x.{name.rstrip('2')}")
        (place / suffix).write_text(text, encoding="utf-8")
    return tmp_path


DEB822 = """\
Types: deb
# http://snapshot.test/archive/debian/20250520T000000Z
URIs: http://deb.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.test/debian-security/
Suites: bookworm-security
Components: main
"""
ONE_LINE = """\
# deb http://old.test/debian stretch main
deb-src http://src.test/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://packages.cloud.test/apt cloud-sdk main
deb [arch=amd64] https://mirror.test/pub/debian/ bookworm main contrib
deb https://mirror.test/pub/debian-security bookworm-security main
"""


def test_deb822_sources_are_read(tmp_path: Path) -> None:
    assert find(host(tmp_path, sources=DEB822)) == Mirrors(
        debian="http://deb.test/debian", security="http://deb.test/debian-security"
    )


def test_one_line_sources_are_read(tmp_path: Path) -> None:
    assert find(host(tmp_path, main=ONE_LINE)) == Mirrors(
        debian="https://mirror.test/pub/debian",
        security="https://mirror.test/pub/debian-security",
    )


def test_a_security_mirror_that_is_not_named_lies_beside(tmp_path: Path) -> None:
    found = find(host(tmp_path, main="deb http://m.test/debian bookworm main\n"))
    assert found.security == "http://m.test/debian-security"


def test_disabled_and_foreign_sources_do_not_count(tmp_path: Path) -> None:
    off = DEB822.replace("Types: deb\n", "Types: deb\nEnabled: no\n")
    foreign = "deb http://archive.test/ubuntu noble main\ndeb cdrom:[x]/debian bookworm main\n"
    with pytest.raises(MirrorError) as caught:
        find(host(tmp_path, sources=off, main=foreign))
    assert str(caught.value) == (
        "this machine's apt configuration names no Debian mirror; name one with"
        " WORKFLOW_DEBIAN_MIRROR (and WORKFLOW_DEBIAN_SECURITY_MIRROR), or with"
        " --mirror (and --security-mirror)"
    )


def test_a_machine_without_apt_has_no_mirror(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="names no Debian mirror"):
        find(tmp_path)


def test_the_environment_goes_before_the_host(tmp_path: Path) -> None:
    root = host(tmp_path, sources=DEB822)
    assert find(root, {"WORKFLOW_DEBIAN_MIRROR": "https://own.test/debian/"}) == Mirrors(
        debian="https://own.test/debian", security="https://own.test/debian-security"
    )
    assert find(root, {"WORKFLOW_DEBIAN_SECURITY_MIRROR": "https://own.test/s"}) == Mirrors(
        debian="http://deb.test/debian", security="https://own.test/s"
    )


@pytest.mark.parametrize("address", ["ftp://x.test/debian", "x.test/debian", "http://x\x1b[2J"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(MirrorError, match="no http, https or file address"):
        Mirrors(debian=address, security="https://x.test/debian-security")


def test_a_package_lies_in_its_archive() -> None:
    mirrors = Mirrors(debian="https://a.test/debian", security="https://b.test/sec")
    assert mirrors.url("debian", "pool/x.deb") == "https://a.test/debian/pool/x.deb"
    assert mirrors.url("debian-security", "pool/x.deb") == "https://b.test/sec/pool/x.deb"
