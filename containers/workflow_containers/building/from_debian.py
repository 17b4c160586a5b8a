"""The ground of an image that is assembled from locked Debian packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workflow_containers import architecture
from workflow_containers.building import rootfs
from workflow_containers.building.given import Tools
from workflow_containers.building.ground import Ground
from workflow_containers.building.recipe import Materials
from workflow_containers.debian import lock
from workflow_containers.debian.holding import Source, with_native
from workflow_containers.debian.lock import Lock, Package, Wanted
from workflow_containers.definition import Debian, Definition
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import Platform
from workflow_containers.python.bytecode import Bytecode, Compile, Sharing, nowhere
from workflow_containers.python.target_python import TargetPython, identity
from workflow_containers.store import Store
from workflow_sbom.errors import Fault


def grounds(
    definition: Definition, debian: Debian, root: Path, tools: Tools, store: Store
) -> tuple[Ground, ...]:
    """The ground of every platform, its packages in the store; raises `ContainersError`.

    `root` is the folder that the lock's path starts at.
    """
    locked = lock.load(root / debian.lock)
    _require_suite(definition.name, debian, locked)
    source = Source(
        store=store,
        mirrors=tools.mirrors(),
        fetch=tools.fetch,
        environment=tools.environment,
        run=tools.run,
        policy=tools.policy,
        keyring=tools.keyring,
    )
    wanted = Wanted(image=definition.name, debian=debian, platforms=definition.platforms)
    held = source.hold(with_native(wanted, locked, tools.native), locked)
    packages = held.packages
    materials = Materials(
        definition=definition,
        store=store,
        bytecode=_bytecode(definition, packages, tools, store),
        site=rootfs.site(definition),
    )
    return tuple(
        replace(_ground(platform, packages[platform], materials), renewal=held.renewal)
        for platform in sorted(definition.platforms)
    )


def _require_suite(name: str, debian: Debian, locked: Lock) -> None:
    if locked.suite != debian.suite:
        fault = Fault("suite", f"{debian.suite!r}, but {locked.suite!r} is locked")
        raise DefinitionError(name, [fault])


def _bytecode(
    definition: Definition,
    packages: Mapping[Platform, tuple[Package, ...]],
    tools: Tools,
    store: Store,
) -> Bytecode:
    return Bytecode(
        compile=Sharing(_compiler(definition, packages, tools, store)),
        tag=f"cpython-{definition.python.replace('.', '')}",
        identity=identity(definition.python, packages),
    )


def _compiler(
    definition: Definition,
    packages: Mapping[Platform, tuple[Package, ...]],
    tools: Tools,
    store: Store,
) -> Compile:
    if tools.native is None or tools.native not in packages:
        return nowhere
    return TargetPython(
        version=definition.python,
        native=tools.native,
        packages=packages[tools.native],
        exclude=definition.exclude,
        store=store,
        run=tools.run,
    )


def _ground(platform: Platform, packages: tuple[Package, ...], materials: Materials) -> Ground:
    arch = architecture.of(platform)
    return Ground(
        platform=platform,
        architecture=arch,
        materials=materials,
        glibc=lock.glibc(packages),
        release=lock.python_release(packages, materials.definition.python),
        name="Debian packages",
        recipes=(materials.root(arch), *map(materials.package, packages)),
        packages=packages,
    )
