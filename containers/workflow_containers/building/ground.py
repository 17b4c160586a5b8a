"""The ground of an image: what one platform's wheels and application are put on."""

from __future__ import annotations

from dataclasses import dataclass

from workflow_containers.architecture import Architecture
from workflow_containers.building.recipe import Materials, Recipe
from workflow_containers.platform import Platform
from workflow_containers.python.requirements import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is under the wheels of one platform: the layer `name`, made of `recipes`.

    `materials` make what goes on it; `glibc` is its C library's minor version.
    """

    platform: Platform
    architecture: Architecture
    materials: Materials
    glibc: int
    name: str
    recipes: tuple[Recipe, ...]

    @property
    def target(self) -> Target:
        """What wheels are chosen for."""
        return Target(
            python=self.materials.definition.python,
            architecture=self.architecture,
            glibc=self.glibc,
        )
