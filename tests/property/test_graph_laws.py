"""Laws of tasks that need each other: order, results, and failures that go no further."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_release.building.graph import Task, run


@dataclass(frozen=True)
class Work:
    """A graph without circles: the needs of each task come before it; some tasks fail."""

    needs: tuple[tuple[int, ...], ...]
    fails: frozenset[int]
    order: tuple[int, ...]

    def doomed(self) -> dict[int, set[int]]:
        """The tasks that can't succeed, with the needs that are to blame."""
        found: dict[int, set[int]] = {number: set() for number in self.fails}
        for number, needs in enumerate(self.needs):
            if blamed := set(needs) & found.keys():
                found[number] = blamed
        return found


@st.composite
def works(draw: st.DrawFn) -> Work:
    count = draw(st.integers(0, 9))
    needs = tuple(
        tuple(sorted(draw(st.sets(st.integers(0, number - 1), max_size=3)))) if number else ()
        for number in range(count)
    )
    numbers = range(count)
    fails = draw(st.frozensets(st.sampled_from(numbers))) if count else frozenset[int]()
    return Work(needs=needs, fails=fails, order=tuple(draw(st.permutations(numbers))))


@dataclass
class Diary:
    """What was begun, by whom, and how much of it at a time."""

    begun: list[str] = field(default_factory=list)
    most: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def task(self, number: int, work: Work) -> Task[str]:
        def act(needed: Mapping[str, str]) -> str:
            with self._lock:
                self.begun.append(str(number))
                self._now += 1
                self.most = max(self.most, self._now)
            try:
                if number in work.fails:
                    raise ValueError(number)
                return f"{number}({','.join(needed[name] for name in sorted(needed))})"
            finally:
                with self._lock:
                    self._now -= 1

        needs = tuple(map(str, work.needs[number]))
        return Task(name=str(number), needs=needs, work=act)

    def tasks(self, work: Work) -> list[Task[str]]:
        return [self.task(number, work) for number in work.order]


def expected(number: int, work: Work) -> str:
    return f"{number}({','.join(expected(need, work) for need in work.needs[number])})"


@given(work=works(), workers=st.integers(0, 4))
def test_every_task_ends_once_as_a_result_or_a_failure(work: Work, workers: int) -> None:
    diary = Diary()
    results = run(diary.tasks(work), workers)
    doomed = work.doomed()
    assert results.done == {
        str(number): expected(number, work) for number in work.order if number not in doomed
    }
    assert [int(each.task) for each in results.failures] == [
        number for number in work.order if number in doomed
    ]


@given(work=works(), workers=st.integers(1, 4))
def test_a_failure_is_its_own_or_blames_a_need_that_failed(work: Work, workers: int) -> None:
    doomed = work.doomed()
    for failure in run(Diary().tasks(work), workers).failures:
        number = int(failure.task)
        if doomed[number]:
            assert failure.error is None
            assert failure.because is not None
            assert int(failure.because) in doomed[number]
        else:
            assert isinstance(failure.error, ValueError)
            assert failure.error.args == (number,)
            assert failure.because is None


@given(work=works(), workers=st.integers(1, 4))
def test_only_what_can_be_done_is_begun_once_and_after_its_needs(work: Work, workers: int) -> None:
    diary = Diary()
    run(diary.tasks(work), workers)
    blocked = {number for number, blamed in work.doomed().items() if blamed}
    assert sorted(map(int, diary.begun)) == [
        number for number in range(len(work.needs)) if number not in blocked
    ]
    place = {int(name): at for at, name in enumerate(diary.begun)}
    for number, at in place.items():
        assert all(place[need] < at for need in work.needs[number])
    assert diary.most <= workers


@given(work=works(), workers=st.integers(1, 4), data=st.data())
def test_one_step_backwards_makes_a_circle_and_nothing_is_begun(
    work: Work, workers: int, data: st.DataObject
) -> None:
    edges = [(need, number) for number, needs in enumerate(work.needs) for need in needs]
    if not edges:
        return
    low, high = data.draw(st.sampled_from(edges))
    needs = tuple(
        (*each, high) if number == low else each for number, each in enumerate(work.needs)
    )
    diary = Diary()
    with pytest.raises(CycleError):
        run(diary.tasks(Work(needs=needs, fails=work.fails, order=work.order)), workers)
    assert diary.begun == []


@given(work=works(), workers=st.integers(1, 4), data=st.data())
def test_an_interruption_comes_out_and_nothing_that_needs_it_is_begun(
    work: Work, workers: int, data: st.DataObject
) -> None:
    free = sorted(set(range(len(work.needs))) - work.doomed().keys())
    if not free:
        return
    chosen = data.draw(st.sampled_from(free))
    begun = Diary()

    def interrupted(task: Task[str]) -> Callable[[Mapping[str, str]], str]:
        def act(needed: Mapping[str, str]) -> str:
            if task.name == str(chosen):
                raise KeyboardInterrupt
            return task.work(needed)

        return act

    tasks = [
        Task(name=task.name, needs=task.needs, work=interrupted(task)) for task in begun.tasks(work)
    ]
    with pytest.raises(KeyboardInterrupt):
        run(tasks, workers)
    after = {chosen}
    for number, needs in enumerate(work.needs):
        if after & set(needs):
            after.add(number)
    assert after.isdisjoint(map(int, begun.begun))
