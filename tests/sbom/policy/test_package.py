from __future__ import annotations

import pytest

from workflow_sbom.errors import ModelError
from workflow_sbom.policy.package import Package, read

DEB = "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13"


@pytest.mark.parametrize(
    ("ours", "theirs", "covers"),
    [
        ("pkg:pypi/x", "pkg:pypi/x@1", True),
        ("pkg:pypi/x@1", "pkg:pypi/x@1", True),
        ("pkg:pypi/x@1", "pkg:pypi/x@2", False),
        ("pkg:pypi/x@1", "pkg:pypi/x", False),
        ("pkg:pypi/x", "pkg:npm/x@1", False),
        ("pkg:npm/%40a/x", "pkg:npm/x@1", False),
        ("pkg:deb/debian/libc6", DEB, True),
        ("pkg:deb/debian/libc6?arch=amd64", DEB, True),
        ("pkg:deb/debian/libc6?arch=arm64", DEB, False),
        ("pkg:pypi/x", "", False),
        ("pkg:pypi/x", "no purl", False),
        ("pkg:pypi/x", "pkg:pypi/" + "x" * 10_000, False),
    ],
)
def test_a_package_covers_what_it_names(ours: str, theirs: str, covers: bool) -> None:
    assert Package.parse(ours).covers(read(theirs)) is covers


@pytest.mark.parametrize("text", ["", "x", "pkg:pypi/X_y", "pkg:pypi/" + "x" * 3000])
def test_a_package_is_a_canonical_package_url(text: str) -> None:
    with pytest.raises(ModelError):
        Package.parse(text)


def test_what_is_no_package_url_is_read_as_none() -> None:
    assert read("../../etc/passwd") is None
    assert read("pkg:pypi/x@1") is not None
