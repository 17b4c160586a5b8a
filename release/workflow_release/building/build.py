"""Plan to artifacts: every recipe a task, in parallel, what is unchanged taken from the cache."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import assert_never

from workflow_release.building import graph
from workflow_release.building.artifacts.interface import Made, Needed, Workshop
from workflow_release.building.graph import Failure, Task
from workflow_release.errors import BuildError, ReleaseError
from workflow_release.model import Artifact, GoBinary, Image, Recipe, Sdist, UiBundle, Wheel
from workflow_sbom.printable import printable

_TAIL = 15
_TAIL_BYTES = 16 << 10
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def build(shop: Workshop, only: frozenset[str] = frozenset()) -> tuple[Artifact, ...]:
    """The artifacts of the plan, in its order; of `only` these recipes when any is named.

    What a named recipe needs is built, too, but not returned. Raises `BuildError` with every
    failure, after all that does not depend on one is done.
    """
    recipes = shop.plan.recipes
    wanted = _with_needs(recipes, only) if only else {recipe.id for recipe in recipes}
    tasks = [_task(recipe, shop) for recipe in recipes if recipe.id in wanted]
    shop.progress.expect(len(tasks))
    results = graph.run(tasks, shop.host.processors)
    for failure in results.failures:
        if failure.because is not None:
            shop.progress.skipped(failure.task, failure.because)
    if results.failures:
        raise _error(results.failures, shop)
    return tuple(
        results.done[recipe.id].artifact for recipe in recipes if recipe.id in (only or wanted)
    )


def _with_needs(recipes: Iterable[Recipe], only: Iterable[str]) -> set[str]:
    by_id = {recipe.id: recipe for recipe in recipes}
    wanted: set[str] = set()
    left = list(only)
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            left.extend(by_id[name].needs)
    return wanted


def _task(recipe: Recipe, shop: Workshop) -> Task[Made]:
    def work(needed: Mapping[str, Made]) -> Made:
        shop.progress.started(recipe.id)
        try:
            shop.log(recipe.id).write_bytes(b"")
            made = builder_of(recipe)(shop, needed)
        except Exception:
            shop.progress.failed(recipe.id, _log(recipe.id, shop))
            raise
        shop.progress.finished(recipe.id, reused=made.reused)
        return made

    return Task(name=recipe.id, needs=recipe.needs, work=work)


def builder_of(recipe: Recipe) -> Callable[[Workshop, Needed], Made]:
    """The kind's builder, imported when it is needed."""
    match recipe:
        case Sdist():
            from workflow_release.building.artifacts.python import build_sdist

            return lambda shop, needed: build_sdist(recipe, shop, needed)
        case Wheel():
            from workflow_release.building.artifacts.python import build_wheel

            return lambda shop, needed: build_wheel(recipe, shop, needed)
        case UiBundle():
            from workflow_release.building.artifacts.ui import build_ui

            return lambda shop, needed: build_ui(recipe, shop, needed)
        case Image():
            from workflow_release.building.artifacts.image import build_image

            return lambda shop, needed: build_image(recipe, shop, needed)
        case GoBinary():
            from workflow_release.building.artifacts.gobinary import build_go

            return lambda shop, needed: build_go(recipe, shop, needed)
        case _:
            assert_never(recipe)


def _log(recipe_id: str, shop: Workshop) -> Path | None:
    path = shop.log(recipe_id)
    return path if path.exists() and path.stat().st_size else None


def _error(failures: Iterable[Failure], shop: Workshop) -> BuildError:
    """Every failure, each with the end of its log; a fault that is none of ours is raised as is."""
    lines: list[str] = []
    remedies: list[str] = []
    for failure in failures:
        if failure.error is None:
            lines.append(f"{failure.task}: not tried, {failure.because} failed")
            continue
        if not isinstance(failure.error, (ReleaseError, OSError)):
            raise failure.error
        lines.append(f"{failure.task}: {failure.error}")
        remedies.append(getattr(failure.error, "remedy", "see whether the disk is full"))
        if (log := _log(failure.task, shop)) is not None:
            lines += [*(f"  | {line}" for line in _tail(log)), f"  whole log: {log}"]
    remedy = "; ".join(dict.fromkeys(filter(None, remedies)))
    return BuildError("\n".join(lines), remedy=remedy or "mend what the logs name")


def _tail(log: Path) -> list[str]:
    """The last lines of a log, however long it is; colours and other escapes are left out."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = stream.read().decode("utf-8", "replace")
    plain = (_ESCAPE.sub("", line) for line in re.split(r"[\r\n]+", text))
    return [printable(line) for line in plain if line.strip()][-_TAIL:]
