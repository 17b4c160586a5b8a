from __future__ import annotations

from collections.abc import Mapping

import pytest

from workflow_sbom.debian import graph as graphs
from workflow_sbom.debian.control import paragraphs
from workflow_sbom.debian.graph import Graph, graph
from workflow_sbom.errors import InventoryError


def found(text: str) -> Graph:
    return graph(paragraphs(text.encode()), "debian-13")


def edges(text: str) -> Mapping[str, tuple[str, ...]]:
    """By short names: `name` or `name:architecture` for those of i386."""
    return {
        short(each.ref): tuple(short(ref) for ref in each.depends_on)
        for each in found(text).dependencies
    }


def short(ref: str) -> str:
    name = ref.removeprefix("pkg:deb/debian/").partition("@")[0]
    return f"{name}:i386" if "arch=i386" in ref else name


def package(name: str, more: str = "", version: str = "1", architecture: str = "amd64") -> str:
    lines = [f"Package: {name}", f"Version: {version}", f"Architecture: {architecture}", more]
    return "\n".join(filter(None, lines)) + "\n\n"


def test_alternatives_lead_to_those_that_are_there_in_a_version_that_does() -> None:
    text = package("one", "Depends: two (>= 2) | three (>= 2) | four, five | six\nPre-Depends: six")
    text += package("two") + package("three", version="2") + package("six")
    assert edges(text)["one"] == ("six", "three")
    assert found(text).incomplete == frozenset()


def test_a_need_that_nothing_meets_leaves_the_package_incomplete() -> None:
    text = package("one", "Depends: two (>= 2), three") + package("two") + package("three")
    assert edges(text)["one"] == ("three",)
    assert {short(ref) for ref in found(text).incomplete} == {"one"}


def test_a_virtual_package_leads_to_all_that_provide_it() -> None:
    text = package("one", "Depends: virtual") + package("two", "Provides: virtual, other (= 3)")
    text += package("three", "Provides: virtual (= 9)")
    assert edges(text)["one"] == ("three", "two")


def test_what_is_provided_without_a_version_meets_no_versioned_need() -> None:
    text = package("one", "Depends: aa (>= 2), bb (>= 2)")
    text += package("two", "Provides: aa, bb (= 2)", version="5")
    assert edges(text)["one"] == ("two",)
    assert {short(ref) for ref in found(text).incomplete} == {"one"}


def test_a_package_does_not_need_itself() -> None:
    text = package("one", "Depends: virtual, one\nProvides: virtual") + package(
        "two", "Provides: virtual"
    )
    assert edges(text)["one"] == ("two",)


def test_recommendations_and_essential_packages_are_no_needs() -> None:
    text = package("one", "Recommends: two\nSuggests: two") + package("two", "Essential: yes")
    assert edges(text) == {"one": (), "two": ()}


MULTI = (
    package("lib", "Multi-Arch: same")
    + package("lib", "Multi-Arch: same", architecture="i386")
    + package("tool", "Multi-Arch: foreign")
    + package("python", "Multi-Arch: allowed")
    + package("more")
)


@pytest.mark.parametrize(
    ("architecture", "needs", "expected"),
    [
        ("amd64", "lib", ("lib",)),
        ("i386", "lib", ("lib:i386",)),
        ("i386", "lib:amd64", ("lib",)),
        ("i386", "tool", ("tool",)),
        ("i386", "python", ()),
        ("i386", "python:any", ("python",)),
        ("i386", "lib:any", ("lib:i386",)),
        ("all", "lib", ("lib",)),
        ("amd64", "data", ("data",)),
        ("i386", "data", ()),
    ],
)
def test_architectures_are_those_that_serve(
    architecture: str, needs: str, expected: tuple[str, ...]
) -> None:
    text = MULTI + package("data", architecture="all")
    text += package("asker", f"Depends: {needs}", architecture=architecture)
    asker = "asker:i386" if architecture == "i386" else "asker"
    assert edges(text)[asker] == expected


def test_packages_for_every_architecture_alone_are_of_none() -> None:
    text = package("one", "Depends: two", architecture="all") + package("two", architecture="all")
    assert edges(text) == {"one": ("two",), "two": ()}


def test_records_made_to_take_forever_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "MAX_CANDIDATES", 100)
    text = "".join(package(f"p{at}", "Depends: virtual\nProvides: virtual") for at in range(11))
    with pytest.raises(InventoryError, match="pairs of packages"):
        found(text)
