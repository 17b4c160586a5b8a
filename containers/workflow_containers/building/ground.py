"""The ground of an image: what one platform's wheels and application are put on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workflow_containers.architecture import Architecture
from workflow_containers.building.recipe import Materials, Recipe
from workflow_containers.debian.holding import Renewal
from workflow_containers.debian.lock import Package
from workflow_containers.layers.closure import NO_LIBRARIES, Libraries
from workflow_containers.layers.entries import Directory, directory
from workflow_containers.layers.layer import Layer
from workflow_containers.layers.tree import Tree
from workflow_containers.oci.image import NOTHING, Inherited
from workflow_containers.platform import Platform
from workflow_containers.python.requirements import Target


def _as_it_is(recipe: Recipe) -> Recipe:
    return recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is under the wheels of one platform: finished `layers`, then one made of `recipes`.

    That one is called `name`; `materials` make what goes on it. `glibc` is the C library's minor
    version, `release` the full one of Python. The rest is of the finished layers: what is
    `inherited` of their configuration, how their folders are named again, where an entry comes to
    stand on them, what they have for libraries, and the `base` they are as a container sees it.
    `packages` are those that the recipes are of; `renewal` tells of some that are not the locked.
    """

    platform: Platform
    architecture: Architecture
    materials: Materials
    glibc: int
    release: str | None = None
    name: str
    recipes: tuple[Recipe, ...]
    layers: tuple[Layer, ...] = ()
    inherited: Inherited = NOTHING
    folder: Callable[[str], Directory] = directory
    put: Callable[[Recipe], Recipe] = _as_it_is
    libraries: Libraries = NO_LIBRARIES
    base: Tree | None = None
    packages: tuple[Package, ...] = ()
    renewal: Renewal | None = None

    @property
    def target(self) -> Target:
        """What wheels are chosen for."""
        return Target(
            python=self.materials.definition.python,
            architecture=self.architecture,
            glibc=self.glibc,
            release=self.release,
        )
