"""Whatever the modules: each starts once, after all it needs, and in declared order if it may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_engine.order import CycleError, start_order

GRAPHS = st.dictionaries(
    st.integers(0, 12).map(str), st.lists(st.integers(0, 12).map(str), max_size=4), max_size=12
)


def acyclic(graph: dict[str, list[str]]) -> dict[str, list[str]]:
    return {
        name: [need for need in needs if int(need) < int(name)] for name, needs in graph.items()
    }


@given(GRAPHS.map(acyclic))
def test_every_module_comes_once_and_after_what_it_needs(graph: dict[str, list[str]]) -> None:
    order = start_order(graph)
    assert sorted(order) == sorted(graph)
    place = {name: at for at, name in enumerate(order)}
    for name, needs in graph.items():
        assert all(place[need] < place[name] for need in needs if need in graph)


@given(GRAPHS.map(acyclic))
def test_of_those_free_to_start_the_first_declared_starts(graph: dict[str, list[str]]) -> None:
    started: set[str] = set()
    for name in start_order(graph):
        free = [n for n in graph if n not in started and set(graph[n]) & graph.keys() <= started]
        assert name == free[0]
        started.add(name)


@given(GRAPHS)
def test_a_circle_that_is_named_is_one(graph: dict[str, list[str]]) -> None:
    circle = circle_of(graph)
    following = (*circle[1:], *circle[:1])
    assert all(need in graph[name] for name, need in zip(circle, following, strict=True))
    assert circle[:1] == tuple(sorted(circle))[:1]
    assert len(set(circle)) == len(circle)


def circle_of(graph: dict[str, list[str]]) -> tuple[str, ...]:
    try:
        start_order(graph)
    except CycleError as cycle:
        return cycle.members
    return ()


def test_one_that_needs_itself_is_a_circle() -> None:
    with pytest.raises(CycleError, match="a → a"):
        start_order({"a": ["a"]})
