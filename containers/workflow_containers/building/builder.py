"""Building an image: `build_archive(definition, inputs, tools, destination) -> ImageArchive`.

Layers are ordered by how often they change: Debian's packages, wheels from elsewhere, the
application. What two images or two platforms share is made once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from packaging.utils import canonicalize_name

from workflow_containers.building import complete, gathering, watched
from workflow_containers.building.given import Inputs, Tools
from workflow_containers.building.ground import Ground
from workflow_containers.building.recipe import Recipe, linker_cache, rules
from workflow_containers.debian import lock
from workflow_containers.debian.holding import Renewal
from workflow_containers.definition import Base, Debian, Definition
from workflow_containers.errors import DefinitionError
from workflow_containers.layers import closure, layer, ldcache
from workflow_containers.layers.fragment import Fragment
from workflow_containers.layers.layer import Layer
from workflow_containers.oci import archive, image
from workflow_containers.platform import Platform
from workflow_containers.store import Store
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault
from workflow_sbom.terminal.progress import stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformImage:
    """One platform's image by digest: the manifest depends on the compressor, `config` does not."""

    platform: Platform
    manifest: Digest
    config: Digest
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageArchive:
    """A finished archive: its own digest and size in bytes, and what is in it by digest.

    `renewal` tells of Debian packages that had to be resolved again.
    """

    path: Path
    digest: Digest
    size: int
    index_digest: Digest
    images: tuple[PlatformImage, ...]
    renewal: Renewal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layers:
    """The recipes of one platform's layers, by layer."""

    ground: Ground
    recipes: Mapping[str, tuple[Recipe, ...]]

    @property
    def by_key(self) -> dict[Digest, Recipe]:
        """All of them."""
        return {recipe.key: recipe for group in self.recipes.values() for recipe in group}


def build_archive(
    definition: Definition, inputs: Inputs, tools: Tools, destination: Path
) -> ImageArchive:
    """Build every platform's image into one OCI layout archive; the file appears whole or not.

    Raises `ContainersError`.
    """
    _require_given(definition, inputs)
    _require_compressor(definition, inputs)
    store = Store(tools.store.absolute())
    tools.progress.expect(4)
    under = "packages" if definition.base is None else "base"
    with stage(tools.progress, f"{definition.name}: {under}"):
        grounds = gathering.grounds(definition, inputs.root, tools, store)
    renewal = grounds[0].renewal
    if renewal is not None:
        noted = {**inputs.annotations, image.RENEWED_LOCK: str(renewal.lock)}
        inputs = replace(inputs, annotations=noted)
    with stage(tools.progress, f"{definition.name}: wheels"):
        plans = [_Layers(ground=each, recipes=_recipes(each, inputs, tools)) for each in grounds]
    made = _made(plans, store, tools)
    with stage(tools.progress, f"{definition.name}: layers"):
        built = tuple(_built(plan, made, definition, inputs, store) for plan in plans)
    with stage(tools.progress, f"{definition.name}: archive"):
        written = _written(definition, inputs, built, store, destination)
    return replace(written, renewal=renewal)


def _require_compressor(definition: Definition, inputs: Inputs) -> None:
    """The compressor is the one whose bytes the lock is for."""
    if isinstance(definition.ground, Debian):
        name = definition.ground.lock
        lock.require_compressor(lock.load(inputs.root / name), name)


def _require_given(definition: Definition, inputs: Inputs) -> None:
    """Every wheel and bundle is there, before any work."""
    given = {canonicalize_name(name) for name in inputs.wheels}
    faults = [
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


def _recipes(ground: Ground, inputs: Inputs, tools: Tools) -> dict[str, tuple[Recipe, ...]]:
    materials, target = ground.materials, ground.target
    definition = materials.definition
    given = {canonicalize_name(name): path for name, path in inputs.wheels.items()}
    stored = gathering.stored_wheels(ground, inputs.root, tools)
    complete.require(definition, target, (*given.values(), *stored), materials.store)
    application = [
        *(
            materials.member_wheel(member, given[canonicalize_name(member.name)], target)
            for member in definition.wheels
        ),
        *(materials.bundle(each, inputs.bundles[each.name]) for each in definition.bundles),
        *((materials.files(inputs.root),) if definition.files else ()),
    ]
    layers = {
        ground.name: ground.recipes,
        "wheels": tuple(ground.put(materials.stored_wheel(each, target)) for each in stored),
        "application": tuple(map(ground.put, application)),
    }
    return {name: recipes for name, recipes in layers.items() if recipes}


def _made(plans: Sequence[_Layers], store: Store, tools: Tools) -> dict[Digest, Fragment]:
    """Every fragment, each made once, several at a time."""
    by_platform = {plan.ground.platform: plan.by_key for plan in plans}
    recipes = {key: recipe for each in by_platform.values() for key, recipe in each.items()}
    titles = watched.titles(by_platform)
    tools.progress.expect(len(recipes))
    with ThreadPoolExecutor(max(1, tools.workers)) as pool:
        futures = {
            key: pool.submit(watched.make, recipe, titles[key], store, tools.progress)
            for key, recipe in recipes.items()
        }
        try:
            return {key: future.result() for key, future in futures.items()}
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fragments(
    plan: _Layers, made: Mapping[Digest, Fragment], store: Store
) -> tuple[dict[str, tuple[Fragment, ...]], frozenset[str]]:
    """The fragments of each layer, and the libraries that the linker's cache among them lists."""
    fragments = {
        name: tuple(made[recipe.key] for recipe in recipes)
        for name, recipes in plan.recipes.items()
    }
    ground = plan.ground
    libraries = ldcache.libraries(fragments.get(ground.name, ()), ground.architecture)
    if libraries:
        cache = linker_cache(ldcache.encode(libraries, ground.architecture))
        fragments[ground.name] += (cache.make(store),)
    return fragments, frozenset(library.soname for library in libraries)


def _built(
    plan: _Layers,
    made: Mapping[Digest, Fragment],
    definition: Definition,
    inputs: Inputs,
    store: Store,
) -> archive.Built:
    ground = plan.ground
    title = f"{definition.name} {ground.platform}"
    fragments, cached = _fragments(plan, made, store)
    layer.check_paths(fragments.values(), title)
    everything = (each for group in fragments.values() for each in group)
    closure.check(everything, ground.architecture, title, replace(ground.libraries, cached=cached))
    made_here = tuple(
        layer.assemble(store, name, group, rules(), ground.folder)
        for name, group in fragments.items()
    )
    layers = (*ground.layers, *made_here)
    annotations = _annotations(definition, inputs)
    configuration = image.config(
        definition, ground.platform, made_here, inputs.created, annotations, ground.inherited
    )
    under = {image.BASE_LAYERS: str(len(ground.layers))} if ground.layers else {}
    return archive.Built(
        platform=ground.platform,
        configuration=configuration,
        manifest=image.manifest(configuration, layers, annotations | under),
        layers=layers,
    )


def _annotations(definition: Definition, inputs: Inputs) -> dict[str, str]:
    """OCI's own keys (annotations.md), unless the caller says otherwise."""
    return {
        "org.opencontainers.image.title": definition.name,
        "org.opencontainers.image.version": inputs.version,
        "org.opencontainers.image.created": image.timestamp(inputs.created),
        **_base(definition.ground),
        **definition.labels,
        **inputs.annotations,
    }


def _base(ground: Debian | Base) -> dict[str, str]:
    """The base, by the name that others would look for a newer one under, and its digest."""
    match ground:
        case Debian():
            return {}
        case Base(reference=reference):
            name = replace(reference, digest=None)
            return {image.BASE_NAME: str(name), image.BASE_DIGEST: str(reference.digest)}
        case _ as never:
            assert_never(never)


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
    measured = archive.ensure(contents, store, destination, rules())
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
