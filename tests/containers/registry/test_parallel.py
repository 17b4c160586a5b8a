from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from workflow_containers.registry.parallel import Job, Stop, StoppedError, side_by_side


@dataclass(slots=True)
class Watcher:
    """Writes down what it is told."""

    said: list[tuple[str, str]] = field(default_factory=list)

    def expect(self, tasks: int) -> None:
        self.said.append(("expect", str(tasks)))

    def started(self, task: str) -> None:
        self.said.append(("started", task))

    def finished(self, task: str, *, reused: bool) -> None:
        self.said.append(("reused" if reused else "finished", task))

    def failed(self, task: str, log: Path | None) -> None:
        self.said.append(("failed", task))

    def skipped(self, task: str, because: str) -> None:
        self.said.append(("skipped", task))

    def note(self, text: str) -> None:
        self.said.append(("note", text))


def job(work: Callable[[int, Stop], int], watcher: Watcher) -> Job[int, int]:
    return Job(name=str, work=work, is_reuse=lambda result: result == 0, progress=watcher)


def test_results_are_in_the_order_of_the_items() -> None:
    watcher, first = Watcher(), threading.Event()

    def work(item: int, _: Stop) -> int:
        if item == 0:
            first.wait(5)
        else:
            first.set()
        return item * item

    assert job(work, watcher).each(range(4), workers=2) == (0, 1, 4, 9)
    assert watcher.said[0] == ("expect", "4")
    assert ("reused", "0") in watcher.said
    assert ("finished", "3") in watcher.said


def test_nothing_to_do() -> None:
    assert job(lambda item, _: item, Watcher()).each((), workers=2) == ()


def test_the_first_failure_in_time_is_raised_and_ends_the_rest() -> None:
    """The first item would go on for ever; the second fails; the others never begin."""
    watcher, begun = Watcher(), threading.Event()

    def endless() -> Iterator[bytes]:
        begun.set()
        while True:
            yield b"x"

    def work(item: int, stop: Stop) -> int:
        if item == 0:
            return sum(map(len, stop.heeded(endless())))
        begun.wait(5)
        raise ValueError(item)

    with pytest.raises(ValueError, match="1"):
        job(work, watcher).each(range(9), workers=2)
    assert {kind for kind, _ in watcher.said} == {"expect", "started", "failed"}
    assert ("failed", "0") in watcher.said
    assert ("started", "8") not in watcher.said


def test_a_flow_is_ended_in_the_middle() -> None:
    stop = Stop()
    flow = stop.heeded(iter([b"a", b"b"]))
    assert next(flow) == b"a"
    stop.event.set()
    with pytest.raises(StoppedError):
        next(flow)


def test_who_is_above_ends_all_below() -> None:
    above = Stop()
    stops = (Stop(above), Stop(Stop(above)), Stop())
    assert [each.is_set for each in stops] == [False, False, False]
    above.event.set()
    assert [each.is_set for each in stops] == [True, True, False]


def test_nothing_begins_once_all_is_to_end() -> None:
    above, begun = Stop(), list[int]()
    above.event.set()
    with pytest.raises(StoppedError):
        side_by_side(lambda item, _: begun.append(item), range(9), workers=2, above=above)
    assert begun == []
