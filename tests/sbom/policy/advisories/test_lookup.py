from __future__ import annotations

import pytest
from packageurl import PackageURL

from workflow_sbom.policy.advisories.lookup import Lookup, NoLookup, lookup
from workflow_sbom.policy.findings import Place
from workflow_sbom.policy.item import Item


def item(purl: str | None, source: str | None = "") -> Item:
    url = PackageURL.from_string(purl) if purl else None
    return Item(where=Place(document="a"), url=url, source=source)


@pytest.mark.parametrize(
    ("purl", "expected"),
    [
        ("pkg:pypi/ruamel-yaml@0.18", Lookup("PyPI", "ruamel-yaml", "0.18")),
        ("pkg:npm/%40babel/core@7.0.0", Lookup("npm", "@babel/core", "7.0.0")),
        ("pkg:npm/vite@7.0.0", Lookup("npm", "vite", "7.0.0")),
        (
            "pkg:golang/golang.org/x/net@v0.1.0#html",
            Lookup("Go", "golang.org/x/net", "v0.1.0"),
        ),
        ("pkg:golang/std@1.22.1", Lookup("Go", "stdlib", "1.22.1")),
        ("pkg:cargo/serde@1.0.0", Lookup("crates.io", "serde", "1.0.0")),
    ],
)
def test_packages_are_asked_for_by_their_ecosystem_s_name(purl: str, expected: Lookup) -> None:
    assert lookup(item(purl)) == expected


@pytest.mark.parametrize(
    ("purl", "source", "name", "version"),
    [
        ("pkg:deb/debian/libc6@2.41-12?distro=debian-13", "glibc", "glibc", "2.41-12"),
        ("pkg:deb/debian/bash@5.2-1?distro=trixie", "", "bash", "5.2-1"),
        ("pkg:deb/debian/bash@5.2-1%2Bb3?distro=debian-13", "", "bash", "5.2-1"),
        ("pkg:deb/debian/gcc@4:14-1?distro=13", "gcc-defaults (1.220)", "gcc-defaults", "1.220"),
        ("pkg:deb/debian/a@1?distro=debian-13.2&upstream=b%402", None, "b", "2"),
        ("pkg:deb/debian/a@1?distro=debian-13&upstream=b", "c", "b", "1"),
    ],
)
def test_debian_s_packages_are_asked_for_by_their_source(
    purl: str, source: str | None, name: str, version: str
) -> None:
    assert lookup(item(purl, source)) == Lookup("Debian:13", name, version)


@pytest.mark.parametrize(
    ("purl", "source", "reason"),
    [
        (None, "", "no package URL"),
        ("pkg:pypi/x", "", "no version"),
        ("pkg:generic/x@1", "", "pkg:generic"),
        ("pkg:deb/debian/x@1", "", "release of Debian"),
        ("pkg:deb/debian/x@1?distro=sid", "", "release of Debian"),
        ("pkg:deb/ubuntu/x@1?distro=22.04", "", "release of Debian"),
        ("pkg:deb/debian/x@1?distro=debian-13", None, "names no source packages"),
    ],
)
def test_what_can_not_be_asked_for_says_why(
    purl: str | None, source: str | None, reason: str
) -> None:
    answer = lookup(item(purl, source))
    assert isinstance(answer, NoLookup)
    assert reason in answer.reason
