from __future__ import annotations

import importlib.metadata
import platform
import sys
from itertools import chain
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from workflow_sbom.errors import InventoryError
from workflow_sbom.python import closure
from workflow_sbom.python.closure import edges
from workflow_sbom.python.distribution import Distribution, from_metadata
from workflow_sbom.python.environment import Environment

LINUX = Environment(python="3.11.2")


def distribution(name: str, *requires: str) -> Distribution:
    lines = [f"Name: {name}", "Version: 1", *(f"Requires-Dist: {each}" for each in requires), ""]
    return from_metadata("\n".join(lines).encode())


def graph(roots: list[str] | None, *distributions: Distribution) -> dict[str, set[str]]:
    wanted = None if roots is None else map(Requirement, roots)
    return {key: set(found) for key, found in edges(distributions, LINUX, wanted).items()}


def test_an_extra_leads_to_extras_of_others() -> None:
    found = graph(
        ["a[One]"],
        distribution("a", "b[two]; extra == 'one'", "z; extra == 'other'"),
        distribution("b", "c[three]; extra == 'two'"),
        distribution("c", "d; extra == 'three'"),
        distribution("d"),
        distribution("z"),
    )
    assert found == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set()}


def test_an_extra_of_itself_is_followed_and_no_edge() -> None:
    found = graph(
        ["a[all]"],
        distribution("a", "A[x, y]; extra == 'all'", "b; extra == 'x'", "c; extra == 'y'"),
        distribution("b"),
        distribution("c"),
    )
    assert found["a"] == {"b", "c"}


def test_an_extra_that_asks_for_itself_ends() -> None:
    assert graph(["a[x]"], distribution("a", "a[x]; extra == 'x'")) == {"a": set()}


def test_an_extra_under_a_marker_applies_where_the_marker_does() -> None:
    found = graph(
        ["a"],
        distribution("a", "b[w]; sys_platform == 'win32'", "b[l]; sys_platform == 'linux'"),
        distribution("b", "c; extra == 'w'", "d; extra == 'l'"),
        distribution("c"),
        distribution("d"),
    )
    assert found == {"a": {"b"}, "b": {"d"}, "d": set()}


@pytest.mark.parametrize("asked", ["b.c_d[E.x_t-ra]", "B--C..D[e-x-t-ra]"])
def test_names_in_every_spelling(asked: str) -> None:
    found = graph(
        ["a"],
        distribution("A", asked),
        distribution("b-c-d", "f; extra == 'E_x.t_ra'"),
        distribution("f"),
    )
    assert found == {"a": {"b-c-d"}, "b-c-d": {"f"}, "f": set()}


def test_a_requirement_by_address_is_one_by_name() -> None:
    found = graph(
        ["a"],
        distribution("a", "b @ https://example.org/b-1.whl ; os_name == 'posix'"),
        distribution("b"),
    )
    assert found == {"a": {"b"}, "b": set()}


def test_without_roots_everything_is_one_without_extras() -> None:
    found = graph(None, distribution("a", "b; extra == 'x'", "c"), distribution("b"))
    assert found == {"a": set(), "b": set()}


def test_cycles_end() -> None:
    found = graph(["a"], distribution("a", "b"), distribution("b", "c"), distribution("c", "a"))
    assert found == {"a": {"b"}, "b": {"c"}, "c": {"a"}}


def test_a_marker_that_means_nothing_is_told_with_whose_it_is() -> None:
    with pytest.raises(InventoryError, match=r"^a: the marker 'os_name ~= .* can't be evaluated"):
        graph(["a"], distribution("a", "b; os_name ~= 'x'"))


def test_more_extras_than_anybody_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "MAX_EVALUATIONS", 1000)
    many = ",".join(f"e{number}" for number in range(200))
    bomb = distribution("bomb", *(f"x{n}; extra == 'e{n}'" for n in range(200)))
    with pytest.raises(InventoryError, match="bomb: more than 1000 requirements"):
        graph([f"bomb[{many}]"], bomb)


# Ground truth: what the interpreter that runs this test says of its own environment.

SYSTEM: Any = sys.platform
HERE = Environment(python=platform.python_version(), system=SYSTEM, machine=platform.machine())


def _installed() -> dict[str, importlib.metadata.Distribution]:
    return {
        canonicalize_name(each.metadata["Name"]): each
        for each in importlib.metadata.distributions()
        if each.read_text("METADATA")
    }


def _true_edges(roots: list[str]) -> set[tuple[str, str]]:
    """An independent computation over importlib.metadata: repeat until nothing is new."""
    installed = _installed()
    extras: dict[str, set[str]] = {name: {""} for name in roots}
    while True:
        found = {
            (name, canonicalize_name(requirement.name), extra)
            for name, wanted in extras.items()
            if name in installed
            for requirement in map(Requirement, installed[name].requires or [])
            if any(_holds(requirement, extra) for extra in wanted)
            for extra in {"", *requirement.extras}
        }
        after = {name: set(wanted) for name, wanted in extras.items()}
        for _, target, extra in found:
            after.setdefault(target, {""}).add(extra)
        if after == extras:
            pairs = {(name, target) for name, target, _ in found}
            return {(a, b) for a, b in pairs if b in installed and a != b}
        extras = after


def _holds(requirement: Requirement, extra: str) -> bool:
    environment: dict[str, Any] = {**default_environment(), "extra": extra}
    return requirement.marker is None or requirement.marker.evaluate(environment)


def _distributions() -> tuple[Distribution, ...]:
    texts = (each.read_text("METADATA") for each in _installed().values())
    return tuple(from_metadata(text.encode()) for text in texts if text)


def test_edges_of_the_whole_environment_are_exactly_true() -> None:
    found = edges(_distributions(), HERE)
    pairs = {(name, target) for name, targets in found.items() for target in targets}
    truth = _true_edges(sorted(_installed()))
    assert len(truth) > 50
    assert pairs == truth


@pytest.mark.parametrize("root", ["pytest", "hypothesis", "cyclonedx-python-lib", "httpx", "nox"])
def test_edges_from_one_root_are_exactly_true(root: str) -> None:
    found = edges(_distributions(), HERE, roots=[Requirement(root)])
    pairs = {(name, target) for name, targets in found.items() for target in targets}
    assert pairs == _true_edges([root])
    assert root in set(chain.from_iterable(pairs))
