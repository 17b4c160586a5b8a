"""The ground of an image that is assembled from locked Debian packages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from workflow_containers import architecture
from workflow_containers.building import rootfs
from workflow_containers.building.given import Tools
from workflow_containers.building.ground import Ground
from workflow_containers.building.recipe import Materials
from workflow_containers.debian import fetch, lock
from workflow_containers.debian.lock import Lock, Package
from workflow_containers.definition import Debian, Definition
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import Platform
from workflow_containers.python.bytecode import Bytecode, Compile, Sharing, nowhere
from workflow_containers.python.target_python import TargetPython, identity
from workflow_containers.store import Store
from workflow_sbom.errors import Fault

_GLIBC = re.compile(r"2\.([0-9]{1,3})(?![0-9])")


def grounds(
    definition: Definition, debian: Debian, root: Path, tools: Tools, store: Store
) -> tuple[Ground, ...]:
    """The ground of every platform, its packages in the store; raises `ContainersError`.

    `root` is the folder that the lock's path starts at.
    """
    locked = lock.load(root / debian.lock)
    _require_fitting(definition.name, debian, locked)
    packages = _packages(definition, debian, locked, tools.native)
    fetch.packages(
        (package for each in packages.values() for package in each),
        store=store,
        mirrors=tools.mirrors,
        fetch=tools.fetch,
    )
    materials = Materials(
        definition=definition,
        store=store,
        bytecode=_bytecode(definition, packages, tools, store),
        site=rootfs.site(definition),
    )
    return tuple(
        _ground(platform, packages[platform], materials)
        for platform in sorted(definition.platforms)
    )


def _require_fitting(name: str, debian: Debian, locked: Lock) -> None:
    lock.require_compressor(locked, debian.lock)
    if locked.suite != debian.suite:
        fault = Fault("suite", f"{debian.suite!r}, but {locked.suite!r} is locked")
        raise DefinitionError(name, [fault])


def _packages(
    definition: Definition, debian: Debian, locked: Lock, native: Platform | None
) -> dict[Platform, tuple[Package, ...]]:
    """The locked packages of each platform, and of this machine's, whose Python compiles."""
    wanted = sorted({*definition.platforms, *((native,) if native in locked.platforms else ())})
    return {platform: locked.select(platform, debian.packages, debian.lock) for platform in wanted}


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
        glibc=_glibc(packages),
        name="Debian packages",
        recipes=(materials.root(arch), *map(materials.package, packages)),
    )


def _glibc(packages: Iterable[Package]) -> int:
    """The C library's minor version, which decides the wheels that run; 17 without one."""
    for package in packages:
        if package.name == "libc6" and (found := _GLIBC.match(package.version)):
            return int(found[1])
    return 17
