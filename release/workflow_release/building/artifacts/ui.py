"""Web interfaces: `npm ci` from the lock, `npm run build`, an archive of `dist/`.

Packages are installed once a lock, the interface is bundled once for its inputs; neither depends on
the version, which lies beside the bundle as `dist/version.json`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workflow_release.building.archive import items_of, write_tar_gz
from workflow_release.building.artifacts.interface import Made, Needed, Tool, Workshop, artifact_of
from workflow_release.building.cache import Hit, digest_of, key
from workflow_release.building.staging import Tracked, export, key_of, visible
from workflow_release.building.toolchain import node
from workflow_release.errors import BuildError
from workflow_release.machine.run import Command
from workflow_release.model import Lock, UiBundle
from workflow_release.planning.plan import expected_name
from workflow_sbom.canonical import Json
from workflow_sbom.coverage.interfaces import version_file
from workflow_sbom.digest import Digest

MEDIA_TYPE = "application/gzip"
MODULES = "modules.json"
_MANIFESTS = ("package.json", "package-lock.json", ".npmrc")
_NO_TIME = "315532800"
"""1980: a bundle is kept over commits, so it must not tell the time of one of them."""
_QUIET = {
    "CI": "true",
    "NO_COLOR": "1",
    "DO_NOT_TRACK": "1",
    "npm_config_update_notifier": "false",
}


def build_ui(recipe: UiBundle, shop: Workshop, needed: Needed) -> Made:
    """The archive of the built interface; raises `BuildError`."""
    del needed
    files = visible(shop.tree, recipe.project, recipe.inputs)
    lock = _lock_of(files, recipe, shop)
    bundled = _bundled(recipe, files, shop, node(shop, shop.log(recipe.id)))
    version = shop.plan.version
    parts = shop.parts(
        bundle=digest_of(bundled.path).hex,
        name=recipe.name,
        version=str(version),
        epoch=shop.plan.source.epoch,
    )

    def make(folder: Path) -> None:
        with shop.cache.workspace() as work:
            shutil.copytree(bundled.path / "dist", work / "dist")
            told = version_file(version.render("semver"))
            (work / "dist" / "version.json").write_bytes(told)
            out = folder / expected_name(recipe, version)
            write_tar_gz(items_of(work / "dist", "dist"), out, shop.plan.source.epoch)

    hit = shop.cache.file(key("ui", parts), make)
    modules = bundled.path / MODULES
    artifact = replace(
        artifact_of(hit, recipe.id, MEDIA_TYPE, (lock,)),
        notes=modules if modules.exists() else None,
    )
    return Made(artifact=artifact, reused=hit.reused)


def _bundled(recipe: UiBundle, files: tuple[Tracked, ...], shop: Workshop, tool: Tool) -> Hit:
    """`dist/`, and what the bundler said is in it; made once for these inputs."""
    parts = shop.parts(files=key_of(files), project=str(recipe.project), node=tool.version)

    def make(folder: Path) -> None:
        packages = _packages(recipe, files, shop, tool)
        with shop.cache.workspace() as work:
            export(shop.repository, files, work / "source")
            project = work / "source" / recipe.project
            if packages.exists():  # a copy: what a build writes there must not stay
                shutil.copytree(packages, project / "node_modules", symlinks=True)
            _npm(["run", "build"], project, recipe, shop, _building(work, shop, tool))
            if not (project / "dist" / "index.html").is_file():
                raise BuildError(
                    f"{recipe.project}: `npm run build` left no dist/index.html",
                    remedy="make the build write there",
                )
            shutil.copytree(project / "dist", folder / "dist")
            modules = project / "build" / MODULES
            if modules.is_file():
                shutil.copyfile(modules, folder / MODULES)

    return shop.cache.tree(key("bundle", parts), make, sealed=True)


def _packages(recipe: UiBundle, files: tuple[Tracked, ...], shop: Workshop, tool: Tool) -> Path:
    """`node_modules`, installed from the lock once; scripts of packages are never run."""
    manifests = tuple(file for file in files if _is_manifest(file, recipe))
    # What npm installs does not depend on this toolkit, which changes more often than the lock.
    parts: dict[str, Json] = {
        "files": key_of(manifests),
        "node": tool.version.partition(".")[0],
        "project": str(recipe.project),
    }

    def make(folder: Path) -> None:
        shop.progress.note(f"installing the packages of {recipe.name}'s lock, once")
        export(shop.repository, manifests, folder)
        arguments = ["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"]
        _npm(arguments, folder / recipe.project, recipe, shop, _fetching(shop, tool))

    tree = shop.cache.tree(key("packages", parts), make).path
    return tree / recipe.project / "node_modules"


def _fetching(shop: Workshop, tool: Tool) -> dict[str, str]:
    """What npm sees while it installs: the machine's registry, proxies and certificates."""
    fetched = shop.host.tool_environment()
    return fetched | {
        "PATH": f"{tool.folder}:{fetched['PATH']}",
        "npm_config_cache": str(shop.cache.root / "npm"),
        **_QUIET,
    }


def _building(work: Path, shop: Workshop, tool: Tool) -> dict[str, str]:
    """What the packages' own code sees while it builds: an empty home and no address to fetch."""
    scratch = {"HOME": work / "home", "TMPDIR": work / "tmp"}
    for folder in scratch.values():
        folder.mkdir()
    given = shop.host.build_environment()
    return {
        **given,
        **{name: str(folder) for name, folder in scratch.items()},
        "PATH": f"{tool.folder}:{given['PATH']}",
        "SOURCE_DATE_EPOCH": _NO_TIME,
        "NODE_ENV": "production",
        **_QUIET,
    }


def _npm(
    arguments: list[str], folder: Path, recipe: UiBundle, shop: Workshop, env: Mapping[str, str]
) -> None:
    log = shop.log(recipe.id)
    done = shop.run(Command(argv=["npm", *arguments], cwd=folder, env=env, log=log))
    if done.code != 0:
        raise BuildError(
            f"{recipe.project}: `npm {' '.join(arguments[:2])}` failed with exit code {done.code}",
            remedy=f"see {log}",
        )


def _is_manifest(file: Tracked, recipe: UiBundle) -> bool:
    return file.path.parent == recipe.project and file.path.name in _MANIFESTS


def _lock_of(files: tuple[Tracked, ...], recipe: UiBundle, shop: Workshop) -> Lock:
    path = recipe.project / "package-lock.json"
    lock = next((file for file in files if file.path == path), None)
    if lock is None:
        raise BuildError(f"{path}: not in the commit", remedy="commit the lock")
    content = shop.repository.git("cat-file", "blob", lock.id)
    return Lock(name=str(path), digest=Digest.of(content))
