"""Web interfaces: `npm ci` from the lock, `npm run build`, an archive of `dist/`.

Packages are installed once a lock, the interface is bundled once for its inputs; neither depends on
the version, which lies beside the bundle as `dist/version.json`.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from workflow_release.archive import items_of, write_tar_gz
from workflow_release.artifacts.interface import Made, Needed, Workshop, artifact_of
from workflow_release.cache import Hit, key
from workflow_release.errors import BuildError
from workflow_release.model import Lock, UiBundle
from workflow_release.plan import expected_name
from workflow_release.run import Command
from workflow_release.staging import Tracked, export, key_of, visible
from workflow_release.toolchain import Tool, node
from workflow_sbom import canonical
from workflow_sbom.canonical import Json
from workflow_sbom.digest import Digest, measure_file

MEDIA_TYPE = "application/gzip"
MODULES = "modules.json"
_MANIFESTS = ("package.json", "package-lock.json", ".npmrc")


def build_ui(recipe: UiBundle, shop: Workshop, needed: Needed) -> Made:
    """The archive of the built interface; raises `BuildError`."""
    del needed
    files = visible(shop.tree, recipe.project, recipe.inputs)
    log = shop.log(recipe.id)
    log.write_bytes(b"")
    bundled = _bundled(recipe, files, shop, node(shop, log))
    version = shop.plan.version
    parts = shop.parts(
        bundle=_digest_of(bundled.path).hex,
        name=recipe.name,
        version=str(version),
        epoch=shop.plan.source.epoch,
    )

    def make(folder: Path) -> None:
        with shop.cache.workspace() as work:
            shutil.copytree(bundled.path / "dist", work / "dist")
            told = canonical.document({"version": version.render("semver")})
            (work / "dist" / "version.json").write_bytes(told)
            out = folder / expected_name(recipe, version)
            write_tar_gz(items_of(work / "dist", "dist"), out, shop.plan.source.epoch)

    hit = shop.cache.file(key("ui", parts), make)
    modules = bundled.path / MODULES
    artifact = replace(
        artifact_of(hit, recipe.id, MEDIA_TYPE, (_lock_of(files, recipe, shop),)),
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
            if packages.exists():
                shutil.copytree(
                    packages, project / "node_modules", symlinks=True, copy_function=os.link
                )
            _npm(["run", "build"], project, recipe, shop, tool)
            if not (project / "dist" / "index.html").is_file():
                raise BuildError(
                    f"{recipe.project}: `npm run build` left no dist/index.html",
                    remedy="make the build write there",
                )
            shutil.copytree(project / "dist", folder / "dist")
            modules = project / "build" / MODULES
            if modules.is_file():
                shutil.copyfile(modules, folder / MODULES)

    return shop.cache.tree(key("bundle", parts), make)


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
        arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        _npm(arguments, folder / recipe.project, recipe, shop, tool)

    tree = shop.cache.tree(key("packages", parts), make).path
    return tree / recipe.project / "node_modules"


def _npm(arguments: list[str], folder: Path, recipe: UiBundle, shop: Workshop, tool: Tool) -> None:
    fetched = shop.host.tool_environment()
    env = fetched | {
        "PATH": f"{tool.folder}:{fetched['PATH']}",
        "SOURCE_DATE_EPOCH": str(shop.plan.source.epoch),
        "npm_config_cache": str(shop.cache.root / "npm"),
        "NODE_ENV": "production" if arguments[0] == "run" else "",
        "CI": "true",
        "NO_COLOR": "1",
    }
    log = shop.log(recipe.id)
    argv = [str(tool.folder / "npm"), *arguments]
    done = shop.run(Command(argv=argv, cwd=folder, env=env, log=log))
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


def _digest_of(folder: Path) -> Digest:
    """The digest of everything in a folder, by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return key(
        "folder",
        {"files": [[str(p.relative_to(folder)), measure_file(p).digest.hex] for p in paths]},
    )
