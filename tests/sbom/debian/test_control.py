from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workflow_sbom.debian.control import component, paragraphs, reference
from workflow_sbom.debian.graph import graph
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Sbom
from workflow_sbom.model.parts import ExternalReference, Hash, Organisation, Property

Render = Callable[..., dict[str, Any]]

STATUS = """\
Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Source: glibc (2.36-9)
Version: 2.36-9+deb12u9
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Section: libs
Homepage: https://www.gnu.org/software/libc/libc.html
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
 .
 More.

# a remark
Package: libgcc-s1
Architecture: amd64
Version: 12.2.0-14
Provides: libgcc1 (= 1:12.2.0-14)
Pre-Depends: libc6 (>= 2.35)


Package: python3-minimal
Architecture: all
Version: 1:3.11.2-1
Depends: python3.11-minimal (>= 3.11.2) | libgcc1, libc6:any
Maintainer: nobody@example.org
"""
CONTROLS = tuple(paragraphs(STATUS.encode()))
LIBC6 = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12"
LIBGCC = "pkg:deb/debian/libgcc-s1@12.2.0-14?arch=amd64&distro=debian-12"
PYTHON = "pkg:deb/debian/python3-minimal@1:3.11.2-1?arch=all&distro=debian-12"


def test_paragraphs_keep_continued_lines() -> None:
    assert [each["package"] for each in CONTROLS] == ["libc6", "libgcc-s1", "python3-minimal"]
    assert CONTROLS[0]["description"] == (
        "GNU C Library: Shared libraries\nContains the standard libraries.\n.\nMore."
    )


@pytest.mark.parametrize("data", [b"", b"\n \n\n"])
def test_there_may_be_no_paragraph(data: bytes) -> None:
    assert list(paragraphs(data)) == []


def test_a_package_as_a_component() -> None:
    digest = Hash.sha256(Digest.of(b"deb"))
    found = component(CONTROLS[0], "debian-12", [digest])
    assert found.ref == found.purl == LIBC6
    assert (found.name, found.version) == ("libc6", "2.36-9+deb12u9")
    assert found.description == "GNU C Library: Shared libraries"
    assert found.supplier == Organisation(
        "GNU Libc Maintainers", ("debian-glibc@lists.debian.org",)
    )
    assert found.properties == (
        Property("workflow:debian:source", "glibc"),
        Property("workflow:debian:source-version", "2.36-9"),
        Property("workflow:debian:section", "libs"),
    )
    assert found.references == (
        ExternalReference("website", "https://www.gnu.org/software/libc/libc.html"),
        ExternalReference("distribution", LIBC6, (digest,)),
        ExternalReference(
            "source-distribution", "pkg:deb/debian/glibc@2.36-9?arch=source&distro=debian-12"
        ),
    )
    assert found.licences == ()
    assert found.hashes == ()


def test_a_package_without_a_source_field_is_of_the_source_of_its_name() -> None:
    found = component(CONTROLS[2], "debian-12")
    assert found.properties == (
        Property("workflow:debian:source", "python3-minimal"),
        Property("workflow:debian:source-version", "1:3.11.2-1"),
    )
    assert [each.url for each in found.references] == [
        "pkg:deb/debian/python3-minimal@1:3.11.2-1?arch=source&distro=debian-12"
    ]


def test_the_vendor_is_the_distribution() -> None:
    assert reference(CONTROLS[0], "ubuntu-24.04") == (
        "pkg:deb/ubuntu/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=ubuntu-24.04"
    )
    with pytest.raises(InventoryError, match="no release of a distribution"):
        reference(CONTROLS[0], "../etc")


@pytest.mark.parametrize(
    ("text", "supplier"),
    [
        ("Ann <ann@example.org>", Organisation("Ann", ("ann@example.org",))),
        ('"Ann, and Bo" <a@example.org>', Organisation("Ann, and Bo", ("a@example.org",))),
        ("Ann (shop), Inc. <a@example.org>", Organisation("Ann (shop), Inc.", ("a@example.org",))),
        ("Ann <ann at example.org>", Organisation("Ann")),
        ("<a@example.org>", Organisation("a@example.org", ("a@example.org",))),
        ("Ann", Organisation("Ann")),
        ("", None),
        ("\x1b[2J <x>", None),
    ],
)
def test_the_maintainer_supplies_it(text: str, supplier: Organisation | None) -> None:
    assert component({**CONTROLS[0], "maintainer": text}, "debian-12").supplier == supplier


@pytest.mark.parametrize("url", ["ftp://x.org/", "https://u:p@x.org/", "no address", "\x1b://"])
def test_addresses_that_are_not_to_be_passed_on_are_left_out(url: str) -> None:
    found = component({**CONTROLS[2], "homepage": url, "vcs-browser": url}, "debian-12")
    assert [each.kind for each in found.references] == ["source-distribution"]


def test_where_the_packaging_is_developed() -> None:
    found = component({**CONTROLS[2], "vcs-browser": "https://example.org/vcs"}, "debian-12")
    assert found.references[0] == ExternalReference("vcs", "https://example.org/vcs")


def test_a_bare_address_names_the_maintainer() -> None:
    assert component(CONTROLS[2], "debian-12").supplier == Organisation(
        "nobody@example.org", ("nobody@example.org",)
    )
    assert component(CONTROLS[1], "debian-12").supplier is None


def test_dependencies_lead_to_what_is_there(rendered: Render) -> None:
    found = graph(CONTROLS, "debian-12").dependencies
    assert {each.ref: each.depends_on for each in found} == {
        LIBC6: (LIBGCC,),
        LIBGCC: (LIBC6,),
        PYTHON: (LIBC6, LIBGCC),
    }
    parts = tuple(component(each, "debian-12") for each in CONTROLS)
    image = Component(ref="artifact:a.oci.tar", kind="container", name="a")
    rendered(Sbom(subject=image, components=parts, dependencies=found))


@pytest.mark.parametrize(
    "text",
    [
        "no field",
        "Package: a\nPackage: b",
        " continued: x",
        "Package : a\n\tb\n:c",
    ],
)
def test_malformed_paragraphs_are_refused(text: str) -> None:
    with pytest.raises(InventoryError):
        list(paragraphs(text.encode()))


def test_what_is_not_utf8_is_refused() -> None:
    with pytest.raises(InventoryError, match="not UTF-8 at byte 9"):
        list(paragraphs(b"Package: \xff"))


@pytest.mark.parametrize(
    "control",
    [
        {},
        {"package": "../a", "version": "1", "architecture": "all"},
        {"package": "Aa", "version": "1", "architecture": "all"},
        {"package": "aa", "version": "1 2", "architecture": "all"},
        {"package": "aa", "version": "1\n", "architecture": "all"},
        {"package": "aa", "version": "1", "architecture": "x/y"},
    ],
)
def test_a_package_is_named_as_policy_says(control: dict[str, str]) -> None:
    with pytest.raises(InventoryError):
        component(control, "debian-12")
