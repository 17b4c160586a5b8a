from __future__ import annotations

from typing import Any

import pytest

from workflow_sbom.documents.diff import (
    Difference,
    Edge,
    Package,
    Present,
    Rehashed,
    Relicensed,
    Stepped,
    Totals,
    compare,
)
from workflow_sbom.documents.view import Document, view

ONE, TWO = "ab" * 32, "cd" * 32


def library(purl: str | None = None, **members: Any) -> dict[str, Any]:
    """A component; name and version are the package URL's unless they are given."""
    name, _, version = (purl or "pkg:x/y@").rpartition("/")[2].partition("@")
    about: dict[str, Any] = {"type": "library", "name": name}
    about |= {"version": version.partition("?")[0]} if version else {}
    about |= {"purl": purl, "bom-ref": purl} if purl else {}
    return about | members


def document(*components: dict[str, Any], **members: Any) -> Document:
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [*components]}
    return view(head | members)


def difference(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    return compare(document(old), document(new))


def sha256(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]


def test_the_same_document_differs_in_nothing() -> None:
    found = document(library("pkg:pypi/a@1", hashes=sha256(ONE)), dependencies=[{"ref": "x"}])
    assert not compare(found, found)


def test_what_comes_and_goes() -> None:
    found = difference(library("pkg:pypi/a@1"), library("pkg:pypi/b@2"))
    assert found.added == (Present(Package("pypi", "b"), "2"),)
    assert found.dropped == (Present(Package("pypi", "a"), "1"),)
    assert not found.stepped
    assert found


@pytest.mark.parametrize(
    ("old", "new", "package", "step"),
    [
        ("pkg:pypi/a@1.9", "pkg:pypi/a@1.10", Package("pypi", "a"), "upgraded"),
        ("pkg:npm/%40s/a@2.0.0", "pkg:npm/%40s/a@1.0.0", Package("npm", "%40s/a"), "downgraded"),
        (
            "pkg:deb/debian/a@1?arch=all&distro=debian-12.1",
            "pkg:deb/debian/a@2?arch=all&distro=debian-12.2",
            Package("deb", "debian/a?arch=all"),
            "upgraded",
        ),
        ("pkg:generic/a@x", "pkg:generic/a@y", Package("generic", "a"), "changed"),
    ],
)
def test_another_version_is_a_step(old: str, new: str, package: Package, step: Any) -> None:
    (found,) = difference(library(old), library(new)).stepped
    assert (found.package, found.step) == (package, step)


def test_packages_of_another_architecture_are_others() -> None:
    found = difference(
        library("pkg:deb/debian/a@1?arch=amd64"), library("pkg:deb/debian/a@1?arch=arm64")
    )
    assert (len(found.added), len(found.dropped)) == (1, 1)


def test_without_a_package_url_group_and_name_tell() -> None:
    found = difference(
        library(name="a", group="g", version="1"), library(name="a", group="g", version="2")
    )
    assert found.stepped == (Stepped(Package("", "g/a"), "1", "2", "changed"),)


def test_a_package_url_that_is_none_is_passed_over() -> None:
    found = difference(
        library(name="a", version="1", purl="nonsense"), library(name="a", version="1")
    )
    assert not found


def test_of_several_versions_only_what_differs_is_told() -> None:
    old = document(library("pkg:npm/a@1.0.0"), library("pkg:npm/a@2.0.0"))
    new = document(library("pkg:npm/a@1.0.0"), library("pkg:npm/a@3.0.0"))
    assert compare(old, new).stepped == (
        Stepped(Package("npm", "a"), "2.0.0", "3.0.0", "upgraded"),
    )
    more = document(library("pkg:npm/a@3.0.0"), library("pkg:npm/a@4.0.0"))
    found = compare(document(library("pkg:npm/a@1.0.0")), more)
    assert [each.version for each in found.added] == ["3.0.0", "4.0.0"]
    assert [each.version for each in found.dropped] == ["1.0.0"]


def test_a_version_that_is_stated_first_now() -> None:
    found = difference(library(name="a"), library(name="a", version="1"))
    assert found.stepped == (Stepped(Package("", "a"), "", "1", "changed"),)


def test_other_bytes_under_the_same_version() -> None:
    found = difference(
        library("pkg:pypi/a@1", hashes=sha256(ONE)),
        library("pkg:pypi/a@1", hashes=sha256(TWO.upper())),
    )
    assert found.rehashed == (Rehashed(Package("pypi", "a"), "1", "", "SHA-256", (ONE,), (TWO,)),)


def test_other_bytes_of_a_distribution() -> None:
    def with_file(digest: str) -> dict[str, Any]:
        file = {"type": "distribution", "url": "https://x.test/a.whl", "hashes": sha256(digest)}
        home = {"type": "website", "url": "https://x.test", "hashes": sha256(digest)}
        return library("pkg:pypi/a@1", externalReferences=[file, home])

    (found,) = difference(with_file(ONE), with_file(TWO)).rehashed
    assert found.file == "https://x.test/a.whl"


def test_the_case_of_digits_is_no_difference() -> None:
    def hashed(digest: str) -> dict[str, Any]:
        file = {"type": "distribution", "url": "https://x.test/a", "hashes": sha256(digest)}
        return library("pkg:pypi/a@1", hashes=sha256(digest), externalReferences=[file])

    assert not difference(hashed(ONE), hashed(ONE.upper()))


def test_digests_of_another_version_or_algorithm_are_no_alarm() -> None:
    md5 = [{"alg": "MD5", "content": "11" * 16}]
    first = library("pkg:pypi/a@1", hashes=sha256(ONE))
    assert not difference(first, library("pkg:pypi/a@2", hashes=sha256(TWO))).rehashed
    assert not difference(first, library("pkg:pypi/a@1", hashes=md5)).rehashed


def test_other_licences() -> None:
    found = difference(
        library("pkg:pypi/a@1", licenses=[{"license": {"id": "MIT"}}]),
        library("pkg:pypi/a@2", licenses=[{"expression": "MIT OR ISC"}]),
    )
    assert found.relicensed == (Relicensed(Package("pypi", "a"), ("MIT",), ("MIT OR ISC",)),)


def test_edges_run_between_packages_whatever_their_versions_and_references() -> None:
    a, b, c = library("pkg:pypi/a@1"), library("pkg:pypi/b@1"), library("pkg:pypi/c@1")
    old = document(a, b, c, dependencies=[{"ref": a["bom-ref"], "dependsOn": [b["bom-ref"]]}])
    newer = library("pkg:pypi/b@2", **{"bom-ref": "another"})
    same = [{"ref": a["bom-ref"], "dependsOn": ["another"]}]
    found = compare(old, document(a, newer, c, dependencies=same))
    assert (found.edges_added, found.edges_dropped) == ((), ())
    moved = [{"ref": a["bom-ref"], "dependsOn": [c["bom-ref"], "elsewhere"]}]
    found = compare(old, document(a, b, c, dependencies=moved))
    assert found.edges_added == (Edge("pypi:a", "elsewhere"), Edge("pypi:a", "pypi:c"))
    assert found.edges_dropped == (Edge("pypi:a", "pypi:b"),)


def test_the_subject_is_compared_too() -> None:
    old, new = (
        document(metadata={"component": library(f"pkg:pypi/app@{version}")}) for version in "12"
    )
    assert [each.step for each in compare(old, new).stepped] == ["upgraded"]


def test_totals() -> None:
    old = document(library("pkg:npm/a@1.0.0"), library("pkg:npm/a@2.0.0"))
    assert compare(old, document()).old == Totals(components=2, packages=1, edges=0)
    assert compare(old, document()).new == Totals(components=0, packages=0, edges=0)
