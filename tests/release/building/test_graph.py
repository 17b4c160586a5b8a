"""Tasks that need each other: order, parallel work, and failures kept apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from graphlib import CycleError

import pytest

from workflow_release.building.graph import Failure, Task, run


def task(name: str, *needs: str, fails: bool = False) -> Task[str]:
    def work(needed: Mapping[str, str]) -> str:
        if fails:
            raise ValueError(name)
        return f"{name}({','.join(needed[need] for need in needs)})"

    return Task(name=name, needs=needs, work=work)


@pytest.mark.parametrize("workers", [0, 1, 2, 8])
def test_a_task_gets_the_results_it_needs_in_whatever_order_tasks_are_named(workers: int) -> None:
    tasks = [task("d", "b", "c"), task("c", "a"), task("b", "a"), task("a")]
    results = run(tasks, workers)
    assert results.failures == ()
    assert results.done == {"a": "a()", "b": "b(a())", "c": "c(a())", "d": "d(b(a()),c(a()))"}


def test_nothing_to_do_is_done() -> None:
    assert run([], 2).done == {}


@pytest.mark.parametrize("workers", [1, 4])
def test_a_failure_stops_what_needs_it_and_nothing_else(workers: int) -> None:
    tasks = [
        task("image", "wheel"),
        task("page", "image", "ui"),
        task("wheel", "sdist"),
        task("other", "ui"),
        task("sdist", fails=True),
        task("ui"),
        task("also", fails=True),
    ]
    results = run(tasks, workers)
    assert set(results.done) == {"ui", "other"}
    told = [(each.task, each.because, str(each.error or "")) for each in results.failures]
    assert told == [
        ("image", "wheel", ""),
        ("page", "image", ""),
        ("wheel", "sdist", ""),
        ("sdist", None, "sdist"),
        ("also", None, "also"),
    ]


def test_a_failure_is_either_an_error_or_a_consequence() -> None:
    (failure,) = run([task("a", fails=True)], 1).failures
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, ValueError)
    assert failure.because is None


def test_independent_tasks_run_at_the_same_time_and_no_more_than_workers() -> None:
    together = threading.Barrier(2, timeout=10)
    running: list[str] = []
    most: list[int] = []

    def meet(name: str) -> Callable[[Mapping[str, str]], str]:
        def work(_: Mapping[str, str]) -> str:
            running.append(name)
            most.append(len(running))
            together.wait()
            running.remove(name)
            return name

        return work

    tasks = [Task(name=name, needs=(), work=meet(name)) for name in "abcd"]
    assert set(run(tasks, 2).done) == set("abcd")
    assert max(most) == 2


def test_a_circle_is_refused_before_anything_runs() -> None:
    with pytest.raises(CycleError):
        run([task("a", "b"), task("b", "a"), task("c", fails=True)], 1)


def test_an_interruption_begins_nothing_more() -> None:
    begun: list[str] = []

    def work(name: str) -> Callable[[Mapping[str, str]], str]:
        def first_interrupts(_: Mapping[str, str]) -> str:
            begun.append(name)
            if name == "a":
                raise KeyboardInterrupt
            threading.Event().wait(0.2)
            return name

        return first_interrupts

    tasks = [Task(name=name, needs=(), work=work(name)) for name in "abcdefgh"]
    with pytest.raises(KeyboardInterrupt):
        run(tasks, 1)
    assert len(begun) < 8
