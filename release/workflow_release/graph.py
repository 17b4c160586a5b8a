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
    """Do all tasks, as many at once as there are workers.

    Raises `graphlib.CycleError` when tasks need each other in a circle.
    """
    by_name = {task.name: task for task in tasks}
    sorter = TopologicalSorter({task.name: task.needs for task in by_name.values()})
    sorter.prepare()
    done: dict[str, T] = {}
    failures: dict[str, Failure] = {}
    running: dict[Future[T], str] = {}
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        while sorter.is_active():
            for name in sorter.get_ready():
                blocked = next((need for need in by_name[name].needs if need in failures), None)
                if blocked is not None:
                    failures[name] = Failure(task=name, error=None, because=blocked)
                    sorter.done(name)
                    continue
                needed = {need: done[need] for need in by_name[name].needs}
                running[pool.submit(by_name[name].work, needed)] = name
            for future in _finished(running):
                name = running.pop(future)
                error = future.exception()
                if error is None:
                    done[name] = future.result()
                elif isinstance(error, Exception):
                    failures[name] = Failure(task=name, error=error, because=None)
                else:
                    raise error
                sorter.done(name)
    return Results(done=done, failures=tuple(failures.values()))


def _finished(running: Mapping[Future[T], str]) -> set[Future[T]]:
    if not running:
        return set()
    finished, _ = wait(running, return_when=FIRST_COMPLETED)
    return finished
