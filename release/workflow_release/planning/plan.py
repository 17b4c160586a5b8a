"""From what is known to what would be made. Pure: same arguments, same plan."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import assert_never

from workflow_release.errors import PlanError
from workflow_release.model import (
    Change,
    GoBinary,
    Image,
    Plan,
    Recipe,
    Sdist,
    UiBundle,
    Wheel,
)
from workflow_release.planning.config import Config
from workflow_release.planning.destinations import (
    Reason,
    destination_faults,
    destinations,
    locations,
)
from workflow_release.repository.history import History, decide
from workflow_release.version import Version
from workflow_sbom.canonical import Json


def make_plan(name: str, config: Config, history: History, recipes: tuple[Recipe, ...]) -> Plan:
    """The plan of a release; raises `PlanError` with everything that stands in its way."""
    targets, wrong = destinations(config.target, history.source.repository)
    plan = Plan(
        name=name,
        version=decide(history),
        source=history.source,
        previous=history.previous,
        released=history.released,
        changes=history.changes,
        recipes=recipes,
        targets=targets,
    )
    if faults := (*wrong, *_faults(plan, declared=bool(config.target))):
        raise PlanError(
            "\n".join(fault for fault, _ in faults),
            remedy="; ".join(dict.fromkeys(remedy for _, remedy in faults)),
        )
    return plan


def _faults(plan: Plan, *, declared: bool) -> Iterator[Reason]:
    """Everything wrong with a plan, each with its remedy."""
    if not plan.recipes:
        yield (
            "nothing to release: no pyproject.toml, go.mod or package-lock.json is tracked here",
            "commit a project, or declare one as [[artifact]] in release.toml",
        )
    if not declared:
        yield (
            "nowhere to go: release.toml declares no target",
            "remove `target` for the folder dist, or declare a [[target]]",
        )
    ids = {recipe.id for recipe in plan.recipes}
    for text in _twice(recipe.id for recipe in plan.recipes):
        yield f"two artifacts are called {text}", "rename one in release.toml"
    distinct = {recipe.id: recipe for recipe in plan.recipes}.values()
    # Where case means nothing, these would be one file.
    for text in _twice(expected_name(each, plan.version).lower() for each in distinct):
        yield f"two artifacts would be the file {text}", "rename one in release.toml"
    yield from destination_faults(plan)
    for recipe in plan.recipes:
        for need in sorted(set(recipe.needs) - ids):
            yield (
                f"{recipe.id} needs {need}, which is not part of this release",
                "declare the missing ones as [[artifact]] in release.toml",
            )


def _twice(texts: Iterable[str]) -> list[str]:
    return [text for text, count in Counter(texts).items() if count > 1]


def expected_name(recipe: Recipe, version: Version) -> str:
    """The file a recipe makes; `*` stands for a wheel's tags, which the build alone knows."""
    match recipe:
        case Sdist():
            return f"{_normalised(recipe.distribution)}-{version.render('pep440')}.tar.gz"
        case Wheel():
            return f"{_normalised(recipe.distribution)}-{version.render('pep440')}-*.whl"
        case UiBundle():
            return f"{recipe.name}-{version.render('file')}.tar.gz"
        case Image():
            return f"{recipe.name}-{version.render('file')}.oci.tar"
        case GoBinary():
            suffix = ".exe" if recipe.platform.os == "windows" else ""
            platform = f"{recipe.platform.os}-{recipe.platform.architecture}"
            return f"{recipe.name}-{version.render('file')}-{platform}{suffix}"
        case _:
            assert_never(recipe)


def platforms_of(recipe: Recipe) -> tuple[str, ...]:
    """The platforms a recipe builds for; `any` for what runs anywhere."""
    match recipe:
        case Image():
            return tuple(str(platform) for platform in recipe.platforms)
        case GoBinary():
            return (str(recipe.platform),)
        case Sdist() | Wheel() | UiBundle():
            return ("any",)
        case _:
            assert_never(recipe)


def _normalised(name: str) -> str:
    """A distribution's name in file names (PEP 503 and PEP 625)."""
    return re.sub(r"[-_.]+", "_", name).lower()


def document(plan: Plan) -> dict[str, Json]:
    """The plan as JSON; `matrix` is what a CI job's matrix takes, an entry a file and platform."""
    return {
        "name": plan.name,
        "version": versions(plan.version),
        "publishable": plan.version.publishable,
        "source": _source(plan),
        "previous": str(plan.previous) if plan.previous else None,
        "changes": changes(plan.changes),
        "artifacts": [
            {
                "id": recipe.id,
                "kind": recipe.kind,
                "file": expected_name(recipe, plan.version),
                "platforms": list(platforms_of(recipe)),
                "needs": list(recipe.needs),
            }
            for recipe in plan.recipes
        ],
        "matrix": {
            "include": [
                {"artifact": recipe.id, "platform": platform}
                for recipe in plan.recipes
                for platform in platforms_of(recipe)
            ]
        },
        "targets": [
            {"kind": target.kind, "location": location}
            for target in plan.targets
            for location in locations(plan, target)
        ],
    }


def changes(listed: Iterable[Change]) -> list[Json]:
    """Changes as JSON."""
    return [
        {
            "commit": change.commit,
            "kind": change.kind,
            "scope": change.scope,
            "breaking": change.breaking,
            "summary": change.summary,
        }
        for change in listed
    ]


def versions(version: Version) -> dict[str, Json]:
    """A version in every format."""
    return {
        "semver": version.render("semver"),
        "pep440": version.render("pep440"),
        "oci": version.render("oci"),
        "npm": version.render("npm"),
        "deb": version.render("deb"),
        "file": version.render("file"),
    }


def _source(plan: Plan) -> dict[str, Json]:
    source = plan.source
    return {
        "commit": source.commit,
        "committed_at": source.committed_at.isoformat(),
        "tag": source.tag,
        "refused_tags": list(source.refused_tags),
        "branch": source.branch,
        "on_main": source.on_main,
        "clean": source.clean,
        "repository": source.repository,
    }
