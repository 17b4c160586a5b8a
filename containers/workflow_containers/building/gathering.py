"""What an image is made from, brought into the store: its ground, and its wheels from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from workflow_containers.building import from_base, from_debian
from workflow_containers.building.given import Tools
from workflow_containers.building.ground import Ground
from workflow_containers.building.recipe import rules
from workflow_containers.definition import Base, Debian, Definition
from workflow_containers.python import locks
from workflow_containers.python.wheelhouse import Pip, Stored, wheels
from workflow_containers.store import Store


def grounds(definition: Definition, root: Path, tools: Tools, store: Store) -> tuple[Ground, ...]:
    """The ground of every platform; raises `ContainersError`. `root` is the repository's folder."""
    match definition.ground:
        case Debian() as debian:
            return from_debian.grounds(definition, debian, root, tools, store)
        case Base() as base:
            return from_base.grounds(definition, base, tools, store)
        case _ as never:
            assert_never(never)


def stored_wheels(ground: Ground, root: Path, tools: Tools) -> tuple[Stored, ...]:
    """The locked wheels for a platform; raises `ContainersError`."""
    materials = ground.materials
    pip = Pip(argv=tools.pip, environment=tools.environment, run=tools.run)
    pins = locks.remembered(materials.definition, ground.target, root, materials.store, rules())
    return wheels(pins, ground.target, materials.store, pip)
