from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from packaging.requirements import Requirement

from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.document import Sbom
from workflow_sbom.model.parts import Hash
from workflow_sbom.python import requirements
from workflow_sbom.python.distribution import Distribution, from_metadata
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.installed import Installed
from workflow_sbom.python.together import Together, describe_environment, describe_wheels

Render = Callable[..., dict[str, Any]]
LINUX = Environment(python="3.11.2")
ONE = Digest("1" * 64)


def distribution(name: str, *requires: str, **more: Any) -> Distribution:
    lines = [f"Name: {name}", "Version: 1", *(f"Requires-Dist: {each}" for each in requires), ""]
    found = from_metadata("\n".join(lines).encode())
    return Distribution(name=found.name, version=found.version, requires=found.requires, **more)


def together(*roots: str, lock: str = "") -> Together:
    return Together(
        name="env",
        environment=LINUX,
        roots=tuple(map(Requirement, roots)),
        lock=requirements.parse(lock.encode()) if lock else None,
    )


def graph(sbom: Sbom) -> dict[str, list[str]]:
    def short(ref: str) -> str:
        return ref.removeprefix("pkg:pypi/").removesuffix("@1")

    return {short(edge.ref): [*map(short, edge.depends_on)] for edge in sbom.dependencies}


def states(sbom: Sbom) -> dict[str, str]:
    return {ref: each.aggregate for each in sbom.compositions for ref in each.dependencies}


A, B, C = distribution("a", "b", "c; extra == 'x'"), distribution("b"), distribution("c")


def test_the_roots_tell_of_extras(rendered: Render) -> None:
    sbom = describe_environment(Installed(distributions=(A, B, C)), together("a[X]"))
    assert graph(sbom) == {"environment:env": ["a"], "a": ["b", "c"], "b": [], "c": []}
    assert set(states(sbom).values()) == {"complete"}
    assert sbom.phases == ("operations",)
    for spec in ("1.6", "1.7"):
        rendered(sbom, spec)


def test_without_roots_nothing_is_known_of_extras_and_nothing_is_lost() -> None:
    sbom = describe_environment(Installed(distributions=(A, B, C)), together())
    assert graph(sbom) == {"environment:env": ["a", "c"], "a": ["b"], "b": [], "c": []}


def test_a_root_under_a_marker_that_does_not_hold_is_none() -> None:
    sbom = describe_environment(Installed(distributions=(A, B, C)), together("a[x]; os_name=='nt'"))
    assert graph(sbom)["a"] == ["b"]


def test_what_an_installer_marked_is_what_was_asked_for() -> None:
    marked = (A, distribution("b", requested=True), distribution("c", requested=True))
    sbom = describe_environment(Installed(distributions=marked), together())
    assert graph(sbom)["environment:env"] == ["a", "b", "c"]


def test_a_cycle_that_nobody_asked_for_is_led_to() -> None:
    cycle = (distribution("x", "y"), distribution("y", "x"), distribution("z", "x"))
    sbom = describe_environment(Installed(distributions=cycle), together())
    assert graph(sbom)["environment:env"] == ["z"]
    sbom = describe_environment(Installed(distributions=cycle[:2]), together())
    assert graph(sbom)["environment:env"] == ["x"]


def test_what_is_needed_and_not_there_is_said() -> None:
    sbom = describe_environment(Installed(distributions=(A, C)), together("a"))
    (a, _) = sbom.components
    assert [(each.name, each.value) for each in a.properties] == [
        ("workflow:python:unmet-requirement", "b")
    ]
    assert graph(sbom)["a"] == []
    assert states(sbom) == {
        "pkg:pypi/a@1": "incomplete",
        "pkg:pypi/c@1": "complete",
        "environment:env": "complete",
    }


def test_a_root_that_is_not_there_is_said() -> None:
    sbom = describe_environment(Installed(distributions=(B,)), together("b", "gone"))
    assert [(each.name, each.value) for each in sbom.subject.properties] == [
        ("workflow:python:unmet-requirement", "gone")
    ]
    assert states(sbom)["environment:env"] == "incomplete"
    assert graph(sbom)["environment:env"] == ["b"]


def test_what_was_not_read_makes_it_incomplete(rendered: Render) -> None:
    sbom = describe_environment(Installed(distributions=(B,), unread=("old.egg-info",)), together())
    whole = [each for each in sbom.compositions if "environment:env" in each.assemblies]
    assert [each.aggregate for each in whole] == ["incomplete"]
    assert ("workflow:python:unread", "old.egg-info") in [
        (each.name, each.value) for each in sbom.properties
    ]
    rendered(sbom)


def test_the_lock_gives_the_files() -> None:
    lock = f"a==1 --hash={ONE}\nb==1 --hash={ONE}\ngone==2 --hash={ONE}\n"
    sbom = describe_environment(Installed(distributions=(A, B)), together("a", lock=lock))
    assert [each.name for each in sbom.components] == ["a", "b"]
    assert all(
        reference.hashes == (Hash.sha256(ONE),)
        for each in sbom.components
        for reference in each.references
    )
    with pytest.raises(InventoryError, match="differ"):
        describe_environment(Installed(distributions=(A, B)), together(lock=f"a==2 --hash={ONE}\n"))


def test_wheels_and_what_else_their_lock_names(rendered: Render) -> None:
    lock = f"a==1 --hash={ONE}\nb==1 --hash={ONE}\nwin==1 ; os_name=='nt' --hash={ONE}\n"
    sbom = describe_wheels([A], together("a", lock=lock))
    assert graph(sbom) == {"environment:env": ["a"], "a": ["b"]}
    assert states(sbom) == {
        "pkg:pypi/a@1": "complete",
        "pkg:pypi/b@1": "unknown",
        "environment:env": "complete",
    }
    assert sbom.phases == ("post-build",)
    rendered(sbom)


def test_one_name_twice() -> None:
    with pytest.raises(InventoryError, match="given twice"):
        describe_wheels([A, A], together())


def test_an_empty_environment(rendered: Render) -> None:
    sbom = describe_environment(Installed(distributions=()), together())
    assert graph(sbom) == {"environment:env": []}
    rendered(sbom)
