"""From the targets that `release.toml` declares to the places a release goes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import assert_never
from urllib.parse import urlsplit

from workflow_containers.errors import ImageNameError
from workflow_containers.oci.reference import Namespace
from workflow_release.model import DirectoryTarget, Image, Plan, Recipe, RegistryTarget, Target
from workflow_release.planning.config import DirectoryTable, RegistryTable, TargetTable
from workflow_sbom.tables import did_you_mean

Reason = tuple[str, str]
"""What stands in the way, and the remedy."""

_WELL_KNOWN = {"github": "ghcr.io", "docker": "docker.io"}


def destinations(
    tables: Iterable[TargetTable], repository: str | None
) -> tuple[tuple[Target, ...], tuple[Reason, ...]]:
    """The targets, and what is wrong with those that can't be told.

    `repository` is the https address, whose owner `github` and `docker` stand for.
    """
    found: list[Target] = []
    faults: list[Reason] = []
    for table in tables:
        match table:
            case DirectoryTable():
                found.append(DirectoryTarget(path=table.path.path))
            case RegistryTable():
                try:
                    found.append(_registry(table, repository))
                except ImageNameError as error:
                    faults.append((f"target {table.registry}: {error}", error.remedy or _WRITE))
            case _:
                assert_never(table)
    return tuple(found), tuple(faults)


_WRITE = "write it like registry.example/team in release.toml"


def _registry(table: RegistryTable, repository: str | None) -> RegistryTarget:
    host = _WELL_KNOWN.get(table.registry)
    namespace = (
        Namespace.parse(table.registry) if host is None else Namespace(host, _owner(repository))
    )
    return RegistryTarget(namespace=namespace, images=table.images, moving=table.moving)


def _owner(repository: str | None) -> str:
    """Who a repository belongs to, as registries spell names."""
    owner = urlsplit(repository or "").path.strip("/").partition("/")[0].lower()
    if not owner:
        raise ImageNameError(
            "this repository has no public address, so nobody's place there is meant",
            remedy="set project.repository in release.toml, or name the registry in full",
        )
    return owner


def destination_faults(plan: Plan) -> Iterator[Reason]:
    """Where targets and what is made do not fit: images that nobody makes, one place twice."""
    names = {recipe.name for recipe in plan.recipes if isinstance(recipe, Image)}
    for target in plan.targets:
        if isinstance(target, RegistryTarget):
            yield from _image_faults(target, names, plan.recipes)
    for place, count in Counter(map(place_of, plan.targets)).items():
        if count > 1:
            yield f"two targets are {place}", "remove one from release.toml"


def _image_faults(
    target: RegistryTarget, names: set[str], recipes: tuple[Recipe, ...]
) -> Iterator[Reason]:
    for name in target.images:
        if name not in names:
            remedy = did_you_mean(name, names) if names else _NO_IMAGE
            yield f"{target.namespace} is to receive the image {name}, which nobody makes", remedy
    if not any(map(target.takes, recipes)) and not target.images:
        yield f"{target.namespace} is to receive images, and none is made", _NO_IMAGE


_NO_IMAGE = "declare an [[artifact]] of kind image, or remove the target"


def place_of(target: Target) -> str:
    """A target as a person would point to it."""
    match target:
        case DirectoryTarget():
            return str(target.path)
        case RegistryTarget():
            return str(target.namespace)
        case _:
            assert_never(target)


def locations(plan: Plan, target: Target) -> tuple[str, ...]:
    """Where exactly the plan's artifacts go at a target."""
    match target:
        case DirectoryTarget():
            return (f"{target.path}/{plan.version.render('file')}/",)
        case RegistryTarget():
            return tuple(
                f"{target.namespace.repository(recipe.name)}:{plan.version.render('oci')}"
                for recipe in plan.recipes
                if isinstance(recipe, Image) and target.takes(recipe)
            )
        case _:
            assert_never(target)
