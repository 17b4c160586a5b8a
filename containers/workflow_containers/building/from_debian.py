"""The ground of an image that is assembled from locked Debian packages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workflow_containers import architecture
from workflow_containers.building.given import Inputs, Tools
from workflow_containers.building.ground import Ground
from workflow_containers.building.recipe import Materials
from workflow_containers.debian import fetch, lock
from workflow_containers.debian.lock import Lock, Package
from workflow_containers.definition import Definition
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import Platform
from workflow_containers.python.bytecode import Bytecode, Sharing
from workflow_containers.python.target_python import TargetPython, identity
from workflow_containers.store import Store
from workflow_sbom.errors import Fault

_GLIBC = re.compile(r"2\.([0-9]{1,3})(?![0-9])")


def grounds(
    definition: Definition, inputs: Inputs, tools: Tools, store: Store
) -> tuple[Ground, ...]:
    """The ground of every platform, its packages in the store; raises `ContainersError`."""
    debian = lock.load(inputs.root / definition.lock)
    _require_fitting(definition, debian)
    packages = _packages(definition, debian, tools.native)
    fetch.packages(
        (package for each in packages.values() for package in each),
        store=store,
        mirrors=tools.mirrors,
        fetch=tools.fetch,
    )
    materials = Materials(
        definition=definition, store=store, bytecode=_bytecode(definition, packages, tools, store)
    )
    return tuple(
        _ground(platform, packages[platform], materials)
        for platform in sorted(definition.platforms)
    )


def _require_fitting(definition: Definition, debian: Lock) -> None:
    lock.require_compressor(debian, definition.lock)
    if debian.suite != definition.suite:
        fault = Fault("suite", f"{definition.suite!r}, but {debian.suite!r} is locked")
        raise DefinitionError(definition.name, [fault])


def _packages(
    definition: Definition, debian: Lock, native: Platform | None
) -> dict[Platform, tuple[Package, ...]]:
    """The locked packages of each platform, and of this machine's, whose Python compiles."""
    wanted = sorted({*definition.platforms, *((native,) if native in debian.platforms else ())})
    return {
        platform: debian.select(platform, definition.packages, definition.lock)
        for platform in wanted
    }


def _bytecode(
    definition: Definition,
    packages: Mapping[Platform, tuple[Package, ...]],
    tools: Tools,
    store: Store,
) -> Bytecode:
    python = TargetPython(
        version=definition.python,
        native=tools.native,
        packages=packages.get(tools.native, ()) if tools.native else (),
        exclude=definition.exclude,
        store=store,
        run=tools.run,
    )
    return Bytecode(
        compile=Sharing(python),
        tag=f"cpython-{definition.python.replace('.', '')}",
        identity=identity(definition.python, packages),
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
