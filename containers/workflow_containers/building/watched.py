"""The making of fragments, told to whoever watches."""

from __future__ import annotations

from collections.abc import Mapping

from workflow_containers.building.recipe import Recipe
from workflow_containers.layers import fragment
from workflow_containers.layers.fragment import Fragment
from workflow_containers.platform import Platform
from workflow_containers.store import Store
from workflow_sbom.digest import Digest
from workflow_sbom.terminal.progress import Progress, stage


def make(recipe: Recipe, title: str, store: Store, progress: Progress) -> Fragment:
    """A recipe's fragment, made now or reused."""
    if (known := fragment.recall(store, recipe.key)) is not None:
        progress.started(title)
        progress.finished(title, reused=True)
        return known
    with stage(progress, title):
        return recipe.make(store)


def titles(by_platform: Mapping[Platform, Mapping[Digest, Recipe]]) -> dict[Digest, str]:
    """What each recipe is called: by its name, and the architecture where it is of one only."""
    users: dict[Digest, list[str]] = {}
    names: dict[Digest, str] = {}
    for platform, recipes in by_platform.items():
        for key, recipe in recipes.items():
            users.setdefault(key, []).append(platform.architecture)
            names[key] = recipe.name
    return {
        key: name if len(users[key]) == len(by_platform) else f"{name} ({', '.join(users[key])})"
        for key, name in names.items()
    }
