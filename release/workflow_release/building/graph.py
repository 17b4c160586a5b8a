"""Work on tasks that need each other: in parallel where independent, failures kept apart.

A task whose need failed is not tried; the others go on. Nothing is raised: the caller gets every
result and every failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[T]):
    """A named piece of work: `work` is called with the results of the tasks it needs, by name."""

    name: str
    needs: tuple[str, ...]
    work: Callable[[Mapping[str, T]], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no result: the exception, or the failed task that was needed."""

    task: str
    error: Exception | None
    because: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Results(Generic[T]):
    """What came of every task: a result, or a failure."""

    done: Mapping[str, T]
    failures: tuple[Failure, ...]


def run(tasks: Iterable[Task[T]], workers: int) -> Results[T]:
    """Do all tasks, as many at once as there are workers; failures in the order of the tasks.

    Raises `graphlib.CycleError` when tasks need each other in a circle. When the caller is
    interrupted, what runs is waited for and nothing more is begun.
    """
    by_name = {task.name: task for task in tasks}
    pool = ThreadPoolExecutor(max_workers=max(1, workers))
    try:
        done, failures = _run(by_name, pool)
    finally:
        pool.shutdown(cancel_futures=True)
    return Results(
        done=done, failures=tuple(failures[name] for name in by_name if name in failures)
    )


def _run(
    by_name: Mapping[str, Task[T]], pool: ThreadPoolExecutor
) -> tuple[dict[str, T], dict[str, Failure]]:
    sorter = TopologicalSorter({task.name: task.needs for task in by_name.values()})
    sorter.prepare()
    done: dict[str, T] = {}
    failures: dict[str, Failure] = {}
    running: dict[Future[T], str] = {}
    while sorter.is_active():
        for name in sorter.get_ready():
            task = by_name[name]
            blocked = next((need for need in task.needs if need in failures), None)
            if blocked is None:
                running[pool.submit(task.work, {need: done[need] for need in task.needs})] = name
            else:
                failures[name] = Failure(task=name, error=None, because=blocked)
                sorter.done(name)
        for future in _finished(running):
            name = running.pop(future)
            match future.exception():
                case None:
                    done[name] = future.result()
                case Exception() as error:
                    failures[name] = Failure(task=name, error=error, because=None)
                case interruption:
                    raise interruption
            sorter.done(name)
    return done, failures


def _finished(running: Mapping[Future[T], str]) -> set[Future[T]]:
    if not running:
        return set()
    finished, _ = wait(running, return_when=FIRST_COMPLETED)
    return finished
