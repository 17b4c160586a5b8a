"""The ground of an image that is put on a base, another image by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from workflow_containers import architecture
from workflow_containers.base import image, placing
from workflow_containers.base import python as pythons_of
from workflow_containers.base.image import BaseImage
from workflow_containers.base.inherited import inherited
from workflow_containers.base.python import BasePython
from workflow_containers.base.target import BaseTarget
from workflow_containers.building.given import Tools
from workflow_containers.building.ground import Ground
from workflow_containers.building.recipe import Materials, over
from workflow_containers.definition import Base, Definition
from workflow_containers.errors import InterpreterError, LayoutError
from workflow_containers.layers.closure import Libraries
from workflow_containers.platform import Platform
from workflow_containers.python.bytecode import Bytecode, Compile, Sharing, nowhere
from workflow_containers.store import Store


def grounds(definition: Definition, base: Base, tools: Tools, store: Store) -> tuple[Ground, ...]:
    """The ground of every platform, the base's layers in the store; raises `ContainersError`."""
    images = {
        platform: image.load(base.reference, platform, store, tools.bring)
        for platform in sorted(definition.platforms)
    }
    images |= _here(base, tools, store, images)
    pythons = _pythons(definition, images)
    bytecode = Bytecode(
        compile=Sharing(_compiler(images, pythons, tools, store)),
        tag=f"cpython-{definition.python.replace('.', '')}",
        identity=f"base {base.reference.digest}",
    )
    return tuple(
        _ground(images[platform], pythons[platform], definition, bytecode, store)
        for platform in sorted(definition.platforms)
    )


def _ground(
    base: BaseImage, python: BasePython, definition: Definition, bytecode: Bytecode, store: Store
) -> Ground:
    materials = Materials(definition=definition, store=store, bytecode=bytecode, site=python.site)
    return Ground(
        platform=base.platform,
        architecture=architecture.of(base.platform),
        materials=materials,
        glibc=python.glibc,
        release=python.release,
        name="users",
        recipes=materials.users(base.tree),
        layers=base.layers,
        inherited=inherited(base.config, base.blobs, str(base.reference)),
        folder=partial(placing.folder, base.tree),
        put=partial(over, base),
        libraries=Libraries(has=base.tree.has_file, folders=python.folders),
        base=base.tree,
    )


def _here(
    base: Base, tools: Tools, store: Store, images: Mapping[Platform, BaseImage]
) -> dict[Platform, BaseImage]:
    """The base for this machine, whose Python compiles, if there is one."""
    if tools.native is None or tools.native in images:
        return {}
    try:
        return {tools.native: image.load(base.reference, tools.native, store, tools.bring)}
    except LayoutError:
        return {}


def _pythons(
    definition: Definition, images: Mapping[Platform, BaseImage]
) -> dict[Platform, BasePython]:
    """Every platform's interpreter, all of one release, for they share bytecode."""
    found: dict[Platform, BasePython] = {}
    faults: list[InterpreterError] = []
    for platform, each in images.items():
        try:
            found[platform] = pythons_of.find(each, definition.python, definition.entrypoint)
        except InterpreterError as error:
            faults.append(error)
    if faults:
        raise InterpreterError("\n".join(map(str, faults)), remedy=faults[0].remedy)
    if len({each.release for each in found.values()}) > 1:
        told = ", ".join(f"{each.release} for {platform}" for platform, each in found.items())
        raise InterpreterError(
            f"the base's Python is {told}, and bytecode is shared by one release only",
            remedy="name a base with one release, or one platform a definition",
        )
    return found


def _compiler(
    images: Mapping[Platform, BaseImage],
    pythons: Mapping[Platform, BasePython],
    tools: Tools,
    store: Store,
) -> Compile:
    if tools.native is None or tools.native not in images:
        return nowhere
    return BaseTarget(
        base=images[tools.native], python=pythons[tools.native], store=store, run=tools.run
    )
