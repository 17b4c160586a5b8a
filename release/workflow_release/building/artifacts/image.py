"""Container images, assembled by the containers package from locked packages and our own wheels."""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path, PurePosixPath

from workflow_containers import definition as definitions
from workflow_containers.access.connecting import connect
from workflow_containers.base.registries import from_registries
from workflow_containers.building.builder import build_archive
from workflow_containers.building.given import Inputs, Tools
from workflow_containers.debian import mirror as mirrors
from workflow_containers.debian.holding import Renewal
from workflow_containers.debian.lock import compressor
from workflow_containers.definition import Definition
from workflow_containers.errors import ContainersError
from workflow_containers.network.transport import fetcher
from workflow_containers.oci import archive
from workflow_containers.oci.layout import Layout
from workflow_release.building.artifacts.interface import Made, Needed, Workshop, artifact_of
from workflow_release.building.cache import key
from workflow_release.building.staging import Tracked, export, key_of
from workflow_release.errors import BuildError
from workflow_release.model import Image, Lock
from workflow_release.planning.plan import expected_name
from workflow_sbom.digest import Digest

_TOLD = 10


def build_image(recipe: Image, shop: Workshop, needed: Needed) -> Made:
    """The OCI layout archive with every platform's image; raises `BuildError`."""
    with shop.cache.workspace() as work:
        try:
            return _build(recipe, shop, needed, work)
        except ContainersError as error:
            raise BuildError(
                f"{recipe.definition}: {error}", remedy="mend the definition, or lock anew"
            ) from error


def _build(recipe: Image, shop: Workshop, needed: Needed, work: Path) -> Made:
    stage = work / "source"
    image, files = staged(recipe, shop, stage)
    digests = {name: made.artifact.digest.hex for name, made in needed.items()}
    parts = shop.parts(
        files=key_of((_committed(recipe.definition, shop), *files)),
        needed=digests,
        version=str(shop.plan.version),
        epoch=shop.plan.source.epoch,
        repository=shop.plan.source.repository,
        commit=shop.plan.source.commit,
        platforms=[str(platform) for platform in recipe.platforms],
        compressor=list(astuple(compressor())),
    )

    def make(folder: Path) -> None:
        out = folder / expected_name(recipe, shop.plan.version)
        given = _given(recipe, shop, needed, stage)
        made = build_archive(image, given, tools_of(shop), out)
        if made.renewal is not None:
            shop.progress.note(_renewal(recipe, made.renewal))

    hit = shop.cache.file(key("image", parts), make)
    with Layout(hit.path) as layout:  # it tells, also when it was in the cache
        index, renewed = layout.index, layout.images[0].renewed_lock
    locks = [_lock(file, stage, image, renewed) for file in files if _is_lock(file, image)]
    if image.base is not None:
        locks.append(Lock.of_base(image.base))
    artifact = replace(
        artifact_of(hit, recipe.id, archive.MEDIA_TYPE, tuple(locks)),
        platforms=tuple(sorted(recipe.platforms)),
        index=index,
    )
    return Made(artifact=artifact, reused=hit.reused)


def staged(recipe: Image, shop: Workshop, stage: Path) -> tuple[Definition, tuple[Tracked, ...]]:
    """The image's definition and the files of the commit that it names, put into a folder."""
    export(shop.repository, (_committed(recipe.definition, shop),), stage)
    image = definitions.load(stage / recipe.definition)
    files = _inputs(image, shop, stage)
    export(shop.repository, files, stage)
    return image, files


def _inputs(image: Definition, shop: Workshop, stage: Path) -> tuple[Tracked, ...]:
    """The files of the commit that the image is made from."""
    names = (PurePosixPath(path.relative_to(stage)) for path in image.inputs(stage))
    return tuple(_committed(name, shop) for name in names)


def _committed(name: PurePosixPath, shop: Workshop) -> Tracked:
    file = shop.tree.find(name)
    if file is None:
        raise BuildError(f"{name}: not in the commit", remedy="commit it")
    return file


def _given(recipe: Image, shop: Workshop, needed: Needed, stage: Path) -> Inputs:
    source = shop.plan.source
    annotations = {"org.opencontainers.image.revision": source.commit}
    if source.repository is not None:
        annotations["org.opencontainers.image.source"] = source.repository
    return Inputs(
        version=shop.plan.version.render("oci"),
        created=source.committed_at,
        annotations=annotations,
        wheels={name: needed[f"wheel:{name}"].artifact.path for name in recipe.wheels},
        bundles={name: needed[f"ui:{name}"].artifact.path for name in recipe.bundles},
        root=stage,
    )


def tools_of(shop: Workshop) -> Tools:
    """What the containers package works with here."""
    environment = dict(shop.host.environment)
    if shop.mirror.debian is not None:
        environment[mirrors.DEBIAN_VARIABLE] = shop.mirror.debian
    if shop.mirror.security is not None:
        environment[mirrors.SECURITY_VARIABLE] = shop.mirror.security
    return Tools(
        store=shop.cache.root / "images",
        mirrors=lambda: mirrors.find(environment=environment),
        pip=(str(shop.host.python), "-m", "pip"),
        environment=shop.host.tool_environment(),
        fetch=fetcher(shop.host.environment),
        bring=from_registries(connect(shop.host.environment)),
        workers=shop.host.processors,
        policy="strict" if shop.plan.version.stable else "re-resolve",
    )


def _is_lock(file: Tracked, image: Definition) -> bool:
    return str(file.path) in {image.lock, image.requirements}


def _lock(file: Tracked, stage: Path, image: Definition, renewed: Digest | None) -> Lock:
    """The committed lock, or what came of resolving it again."""
    lock = Lock(name=str(file.path), digest=Digest.of((stage / file.path).read_bytes()))
    if renewed is None or lock.name != image.lock:
        return lock
    return lock.renewed(renewed)


def _renewal(recipe: Image, renewal: Renewal) -> str:
    changes = [str(change) for change in renewal.changes]
    more = [f"and {len(changes) - _TOLD} more"] if len(changes) > _TOLD else []
    return (
        f"{recipe.id}: the mirror no longer has what is locked; resolved again, as {renewal.lock}:"
        f" {', '.join([*changes[:_TOLD], *more])}"
    )
