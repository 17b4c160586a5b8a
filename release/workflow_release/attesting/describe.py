"""Artifacts to their SBOMs: what each is made of, read from its own bytes and its locks.

All SBOMs of a release are made together, for the release's own ties them, and kept by the digests
of everything they describe.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import assert_never

import workflow_sbom
from workflow_containers.errors import ContainersError
from workflow_containers.inspecting.bill import describe_image
from workflow_containers.inspecting.parts import Interface
from workflow_release import names
from workflow_release.attesting.needed import needed
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.building.cache import key
from workflow_release.errors import BuildError
from workflow_release.model import (
    Artifact,
    File,
    GoBinary,
    Image,
    Plan,
    Recipe,
    Sdist,
    UiBundle,
    Wheel,
)
from workflow_release.repository.tree import Tracked, Tree
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.canonical import Json
from workflow_sbom.digest import measure_file
from workflow_sbom.errors import SbomError, TableError
from workflow_sbom.formats import cyclonedx
from workflow_sbom.formats.tool import UNSTAMPED
from workflow_sbom.golang.gobinary import describe_go_binary
from workflow_sbom.javascript.npm import BundleSource, describe_bundle
from workflow_sbom.merging.origin import FileForm, Form, Origin, attributed
from workflow_sbom.merging.release import merge_release
from workflow_sbom.merging.unpacked import with_unpacked
from workflow_sbom.model.document import Sbom
from workflow_sbom.purl import package_url
from workflow_sbom.python import requirements
from workflow_sbom.python.describe import Resolution, describe_sdist, describe_wheel
from workflow_sbom.python.distribution import Distribution, from_wheel
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.requirements import LockedRequirements

MEDIA_TYPE = "application/vnd.cyclonedx+json"
# A wheel's needs depend on where it is installed; documents say which environment was looked at.
ENVIRONMENT = Environment(python="3.13.0")
_PACKAGE, _LOCK = "package.json", "package-lock.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The SBOM of each artifact, in their order, and the release's."""

    sboms: tuple[File, ...]
    release: File


def describe(artifacts: tuple[Artifact, ...], shop: Workshop, locked: LockFile | None) -> Described:
    """Make the SBOMs; `locked` are the requirements our wheels are tried with, if any.

    Raises `BuildError` for an artifact whose contents can't be told.
    """
    plan = shop.plan
    parts = shop.parts(
        artifacts=[[each.name, each.digest.hex, each.recipe] for each in artifacts],
        notes=[measure_file(each.notes).digest.hex for each in artifacts if each.notes],
        manifests=_manifests(artifacts, shop),
        lock=locked.lock.digest.hex if locked else None,
        name=plan.name,
        version=str(plan.version),
        epoch=plan.source.epoch,
        commit=plan.source.commit,
        repository=plan.source.repository,
        standing=repr(shop.standing),
        tool=tool_version(shop),
    )

    def make(folder: Path) -> None:
        for file in _all(artifacts, shop, locked):
            (folder / file.name).write_bytes(file.content or b"")

    try:
        folder = shop.cache.tree(key("sboms", parts), make, sealed=True).path
    except (SbomError, ContainersError) as error:
        raise BuildError(
            f"an SBOM can't be made: {error}", remedy="mend the artifact or the lock it names"
        ) from error
    return Described(
        sboms=tuple(_read(folder, names.sbom_of(artifact.name)) for artifact in artifacts),
        release=_read(folder, names.release_sbom_of(plan.name, plan.version)),
    )


def _manifests(artifacts: Iterable[Artifact], shop: Workshop) -> list[Json]:
    """The files of the commit that describing interfaces and images reads, as git names them."""
    found: list[Json] = []
    for artifact in artifacts:
        recipe = shop.plan.recipe(artifact.recipe)
        if isinstance(recipe, UiBundle):
            found += [_committed(recipe, name, shop.tree).id for name in (_PACKAGE, _LOCK)]
        elif isinstance(recipe, Image) and (file := _requirements(recipe, shop)) is not None:
            found.append(file.id)
    return found


def _requirements(image: Image, shop: Workshop) -> Tracked | None:
    """The lock of the wheels in an image, as its definition names it, if it is of that kind."""
    definition = shop.tree.find(image.definition)
    if definition is None:
        return None
    named = tomllib.loads(_blob(definition, shop).decode()).get("requirements", "")
    return shop.tree.find(PurePosixPath(named)) if str(named).endswith(".txt") else None


def _blob(file: Tracked, shop: Workshop) -> bytes:
    return shop.repository.git("cat-file", "blob", file.id)


def _committed(recipe: UiBundle, name: str, tree: Tree) -> Tracked:
    path = recipe.project / name
    file = tree.find(path)
    if file is None:
        raise BuildError(f"{path}: not in the commit", remedy="commit it")
    return file


def _read(folder: Path, name: str) -> File:
    return File.of(name, MEDIA_TYPE, (folder / name).read_bytes())


def _all(
    artifacts: tuple[Artifact, ...], shop: Workshop, locked: LockFile | None
) -> Iterable[File]:
    plan = shop.plan
    ours = tuple(_wheels(artifacts, plan))
    maker = _Describer(shop=shop, resolution=_resolution(ours, shop, locked), artifacts=artifacts)
    with ThreadPoolExecutor(max_workers=shop.host.processors) as pool:
        sboms = tuple(pool.map(maker.sbom, artifacts))
    origin = _origin(shop, ours)
    parts = _finished(artifacts, sboms, origin, plan)
    for artifact, sbom in zip(artifacts, parts, strict=True):
        yield _file(names.sbom_of(artifact.name), sbom, shop)
    merged = attributed(merge_release(plan.name, str(plan.version), parts), origin)
    yield _file(names.release_sbom_of(plan.name, plan.version), merged, shop)


def _finished(
    artifacts: tuple[Artifact, ...], sboms: tuple[Sbom, ...], origin: Origin, plan: Plan
) -> list[Sbom]:
    """The documents with what their artifacts' bytes alone don't say."""
    recipes = [plan.recipe(artifact.recipe) for artifact in artifacts]
    made = [
        attributed(sbom, origin, FileForm(artifact.name, form_of(recipe)))
        for artifact, recipe, sbom in zip(artifacts, recipes, sboms, strict=True)
    ]
    interfaces = [
        sbom for recipe, sbom in zip(recipes, made, strict=True) if isinstance(recipe, UiBundle)
    ]
    return [with_unpacked(sbom, interfaces) for sbom in made]


def _origin(shop: Workshop, ours: Iterable[Distribution]) -> Origin:
    """The publisher, the commit, and the packages that are of this release wherever they lie."""
    source = shop.plan.source
    own = (package_url("pypi", each.key, str(each.version)) for each in ours)
    return Origin(
        publication=shop.standing.publication(),
        source=f"git+{source.repository}@{source.commit}" if source.repository else None,
        security=shop.standing.security,
        own=frozenset(own),
    )


def form_of(recipe: Recipe) -> Form:
    """What sort of file a recipe makes."""
    match recipe:
        case GoBinary():
            return "program"
        case Sdist() | Wheel() | UiBundle() | Image():
            return "archive"
        case _:
            assert_never(recipe)


def _file(name: str, sbom: Sbom, shop: Workshop) -> File:
    created = shop.plan.source.committed_at
    content = cyclonedx.render(sbom, created=created, tool_version=tool_version(shop))
    return File.of(name, MEDIA_TYPE, content)


def tool_version(shop: Workshop) -> str:
    """The version of the tool that writes the documents.

    Run from the very checkout that is released, it is of the release it makes, unless something in
    there is not as committed.
    """
    source = Path(workflow_sbom.__file__).resolve()
    here = source.is_relative_to(shop.repository.folder.resolve())
    if workflow_sbom.__version__ == UNSTAMPED and here and shop.plan.source.clean:
        return shop.plan.version.render("pep440")
    return workflow_sbom.__version__


def _resolution(
    ours: tuple[Distribution, ...], shop: Workshop, locked: LockFile | None
) -> Resolution:
    if locked is None or not ours:
        return Resolution(environment=ENVIRONMENT, known=ours)
    lock = requirements.parse(locked.content)
    beside = needed(locked, ENVIRONMENT, shop)
    return Resolution(environment=ENVIRONMENT, lock=lock, known=(*beside, *ours))


def _wheels(artifacts: Iterable[Artifact], plan: Plan) -> Iterable[Distribution]:
    """What the release's own wheels say they need."""
    for artifact in artifacts:
        if isinstance(plan.recipe(artifact.recipe), Wheel):
            yield from_wheel(artifact.path, hashes=_measured(artifact).hashes)


def _measured(artifact: Artifact) -> ArtifactFile:
    return ArtifactFile.measure(artifact.path, name=artifact.name, expected=artifact.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Describer:
    """Makes the SBOM of one artifact after another."""

    shop: Workshop
    resolution: Resolution
    artifacts: tuple[Artifact, ...]

    def sbom(self, artifact: Artifact) -> Sbom:
        file, version = _measured(artifact), str(self.shop.plan.version)
        recipe = self.shop.plan.recipe(artifact.recipe)
        match recipe:
            case Sdist():
                return describe_sdist(file, self.resolution)
            case Wheel():
                return describe_wheel(file, self.resolution)
            case UiBundle():
                return describe_bundle(file, version, self._bundle(recipe, artifact))
            case Image():
                return describe_image(file, self._interfaces(recipe), self._lock(recipe))
            case GoBinary():
                return describe_go_binary(file, recipe.name, version)
            case _:
                assert_never(recipe)

    def _bundle(self, recipe: UiBundle, artifact: Artifact) -> BundleSource:
        return BundleSource(
            package=self._content(recipe, _PACKAGE),
            lock=self._content(recipe, _LOCK),
            modules=artifact.notes.read_bytes() if artifact.notes else None,
        )

    def _interfaces(self, image: Image) -> Iterator[Interface]:
        """The user interfaces that went into an image."""
        for artifact in self.artifacts:
            recipe = self.shop.plan.recipe(artifact.recipe)
            if isinstance(recipe, UiBundle) and recipe.name in image.bundles:
                version = str(self.shop.plan.version)
                yield Interface(name=recipe.name, version=version, archive=_measured(artifact))

    def _lock(self, image: Image) -> LockedRequirements | None:
        """The hashed requirements whose wheels are in an image; other locks name no files."""
        file = _requirements(image, self.shop)
        try:
            return requirements.parse(_blob(file, self.shop)) if file else None
        except TableError:
            return None

    def _content(self, recipe: UiBundle, name: str) -> bytes:
        return _blob(_committed(recipe, name, self.shop.tree), self.shop)
