"""Building an image: `build_archive(definition, inputs, tools, destination) -> ImageArchive`.

Layers are ordered by how often they change: Debian's packages, wheels from elsewhere, the
application. What two images or two platforms share is made once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from packaging.utils import canonicalize_name

from workflow_containers import architecture
from workflow_containers.building.recipe import Materials, Recipe, rules
from workflow_containers.debian import fetch, lock
from workflow_containers.debian.lock import Lock, Package
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.definition import Definition
from workflow_containers.errors import DefinitionError
from workflow_containers.host import native_platform
from workflow_containers.layers import closure, layer
from workflow_containers.layers.fragment import Fragment
from workflow_containers.layers.layer import Layer
from workflow_containers.network.transport import Fetch
from workflow_containers.oci import archive, image
from workflow_containers.platform import Platform
from workflow_containers.python import requirements as hashed
from workflow_containers.python.bytecode import Bytecode, Sharing
from workflow_containers.python.target_python import TargetPython, identity
from workflow_containers.python.wheelhouse import Pip, wheels
from workflow_containers.run import Run, run
from workflow_containers.store import Store
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault

_GLIBC = re.compile(r"2\.([0-9]{1,3})(?![0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What this build puts in: the version as an OCI tag, the commit's time, OCI annotations.

    `wheels` and `bundles` are this release's own, by name; `root` is the repository's folder.
    """

    version: str
    created: datetime
    annotations: Mapping[str, str]
    wheels: Mapping[str, Path]
    bundles: Mapping[str, Path]
    root: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a build works with: the store's folder, the mirrors, pip's argv and environment."""

    store: Path
    mirrors: Mirrors
    pip: tuple[str, ...]
    environment: Mapping[str, str]
    fetch: Fetch
    run: Run = run
    native: Platform | None = field(default_factory=native_platform)
    workers: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformImage:
    """One platform's image by digest: the manifest depends on the compressor, `config` does not."""

    platform: Platform
    manifest: Digest
    config: Digest
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageArchive:
    """A finished archive: its own digest and size in bytes, and what is in it by digest."""

    path: Path
    digest: Digest
    size: int
    index_digest: Digest
    images: tuple[PlatformImage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layers:
    """The recipes of one platform's layers, by layer."""

    platform: Platform
    recipes: Mapping[str, tuple[Recipe, ...]]


def build_archive(
    definition: Definition, inputs: Inputs, tools: Tools, destination: Path
) -> ImageArchive:
    """Build every platform's image into one OCI layout archive; the file appears whole or not.

    Raises `ContainersError`.
    """
    debian = lock.load(inputs.root / definition.lock)
    _require_fitting(definition, debian, inputs)
    store = Store(tools.store.absolute())
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
    plans = [
        _Layers(
            platform=platform,
            recipes=_recipes(platform, packages[platform], materials, inputs, tools),
        )
        for platform in sorted(definition.platforms)
    ]
    made = _made(plans, store, tools.workers)
    built = tuple(_built(plan, made, definition, inputs, store) for plan in plans)
    return _written(definition, inputs, built, store, destination)


def _require_fitting(definition: Definition, debian: Lock, inputs: Inputs) -> None:
    """All that can be wrong before any work: suite, compressor, wheels and bundles given."""
    lock.require_compressor(debian, definition.lock)
    faults = []
    if debian.suite != definition.suite:
        faults.append(Fault("suite", f"{definition.suite!r}, but {debian.suite!r} is locked"))
    given = {canonicalize_name(name) for name in inputs.wheels}
    faults += [
        Fault("wheels", f"no wheel of {member.name} was given")
        for member in definition.wheels
        if canonicalize_name(member.name) not in given
    ]
    faults += [
        Fault("bundles", f"no archive of {bundle.name} was given")
        for bundle in definition.bundles
        if bundle.name not in inputs.bundles
    ]
    if faults:
        raise DefinitionError(definition.name, faults)


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


def _recipes(
    platform: Platform,
    packages: Sequence[Package],
    materials: Materials,
    inputs: Inputs,
    tools: Tools,
) -> dict[str, tuple[Recipe, ...]]:
    definition, arch = materials.definition, architecture.of(platform)
    target = hashed.Target(python=definition.python, architecture=arch, glibc=_glibc(packages))
    pip = Pip(argv=tools.pip, environment=tools.environment, run=tools.run)
    given = {canonicalize_name(name): path for name, path in inputs.wheels.items()}
    stored = wheels(_pins(definition, target, inputs.root), target, materials.store, pip)
    application = [
        *(
            materials.member_wheel(member, given[canonicalize_name(member.name)], target)
            for member in definition.wheels
        ),
        *(materials.bundle(each, inputs.bundles[each.name]) for each in definition.bundles),
        *((materials.files(inputs.root),) if definition.files else ()),
    ]
    layers = {
        "Debian packages": (materials.root(arch), *map(materials.package, packages)),
        "wheels": tuple(materials.stored_wheel(each, target) for each in stored),
        "application": tuple(application),
    }
    return {name: recipes for name, recipes in layers.items() if recipes}


def _pins(definition: Definition, target: hashed.Target, root: Path) -> tuple[hashed.Pin, ...]:
    if definition.requirements is None:
        return ()
    path = root / definition.requirements
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault("requirements", f"can't be read: {error}", fetch.RELOCK)
        raise DefinitionError(str(path), [fault]) from error
    return hashed.read(text, target, definition.requirements)


def _glibc(packages: Iterable[Package]) -> int:
    """The C library's minor version, which decides the wheels that run; 17 without one."""
    for package in packages:
        if package.name == "libc6" and (found := _GLIBC.match(package.version)):
            return int(found[1])
    return 17


def _made(plans: Sequence[_Layers], store: Store, workers: int) -> dict[Digest, Fragment]:
    """Every fragment, each made once, several at a time."""
    recipes = {
        recipe.key: recipe
        for plan in plans
        for layer_recipes in plan.recipes.values()
        for recipe in layer_recipes
    }
    with ThreadPoolExecutor(max(1, workers)) as pool:
        futures = {key: pool.submit(recipe.make, store) for key, recipe in recipes.items()}
        try:
            return {key: future.result() for key, future in futures.items()}
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _built(
    plan: _Layers,
    made: Mapping[Digest, Fragment],
    definition: Definition,
    inputs: Inputs,
    store: Store,
) -> archive.Built:
    title = f"{definition.name} {plan.platform}"
    fragments = {
        name: tuple(made[recipe.key] for recipe in recipes)
        for name, recipes in plan.recipes.items()
    }
    layer.check_paths(fragments.values(), title)
    everything = (each for group in fragments.values() for each in group)
    closure.check(everything, architecture.of(plan.platform), title)
    layers = tuple(layer.assemble(store, name, group, rules()) for name, group in fragments.items())
    annotations = _annotations(definition, inputs)
    configuration = image.config(definition, plan.platform, layers, inputs.created, annotations)
    return archive.Built(
        platform=plan.platform,
        configuration=configuration,
        manifest=image.manifest(configuration, layers, annotations),
        layers=layers,
    )


def _annotations(definition: Definition, inputs: Inputs) -> dict[str, str]:
    """OCI's own keys (annotations.md), unless the caller says otherwise."""
    return {
        "org.opencontainers.image.title": definition.name,
        "org.opencontainers.image.version": inputs.version,
        "org.opencontainers.image.created": image.timestamp(inputs.created),
        **definition.labels,
        **inputs.annotations,
    }


def _written(
    definition: Definition,
    inputs: Inputs,
    built: tuple[archive.Built, ...],
    store: Store,
    destination: Path,
) -> ImageArchive:
    manifests = [(each.platform, each.manifest) for each in built]
    index = image.index(manifests, _annotations(definition, inputs))
    contents = archive.Contents(
        name=definition.name, version=inputs.version, index=index, images=built
    )
    measured = archive.save(contents, store, destination)
    return ImageArchive(
        path=destination,
        digest=measured.digest,
        size=measured.size,
        index_digest=index.digest,
        images=tuple(
            PlatformImage(
                platform=each.platform,
                manifest=each.manifest.digest,
                config=each.configuration.digest,
                layers=each.layers,
            )
            for each in built
        ),
    )
