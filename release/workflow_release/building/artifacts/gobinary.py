"""Go programs, cross-compiled without cgo, paths trimmed, the version set by the linker."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from workflow_release.building.artifacts.interface import Made, Needed, Tool, Workshop, artifact_of
from workflow_release.building.cache import key
from workflow_release.building.staging import Tracked, export, key_of, visible
from workflow_release.building.toolchain import go
from workflow_release.errors import BuildError
from workflow_release.machine.run import Command
from workflow_release.model import GoBinary, Lock
from workflow_release.planning.plan import expected_name
from workflow_sbom.digest import Digest

MEDIA_TYPE = "application/octet-stream"
_GO_LINE = re.compile(rb"^go\s+(\d+(?:\.\d+)+)", re.MULTILINE)


def build_go(recipe: GoBinary, shop: Workshop, needed: Needed) -> Made:
    """One program for one platform; raises `BuildError`."""
    del needed
    files = visible(shop.tree, recipe.project, recipe.inputs)
    log = shop.log(recipe.id)
    module = _content(files, recipe, "go.mod", shop) or b""
    declared = _GO_LINE.search(module)
    tool = go(shop, declared[1].decode() if declared else "1.18", log)
    parts = shop.parts(
        files=key_of(files),
        recipe=recipe.id,
        package=recipe.package,
        variable=recipe.variable,
        version=str(shop.plan.version),
        go=tool.version,
    )

    def make(folder: Path) -> None:
        with shop.cache.workspace() as work:
            export(shop.repository, files, work / "source")
            out = folder / expected_name(recipe, shop.plan.version)
            _compile(recipe, work / "source" / recipe.project, out, shop, tool)

    hit = shop.cache.file(key("go", parts), make)
    sums = _content(files, recipe, "go.sum", shop)
    locks = () if sums is None else (Lock(name=_named(recipe, "go.sum"), digest=Digest.of(sums)),)
    artifact = artifact_of(hit, recipe.id, MEDIA_TYPE, locks)
    return Made(artifact=replace(artifact, platforms=(recipe.platform,)), reused=hit.reused)


def _compile(recipe: GoBinary, project: Path, out: Path, shop: Workshop, tool: Tool) -> None:
    linker = f"-s -w -buildid= -X {recipe.variable}={shop.plan.version.render('semver')}"
    modules = "vendor" if (project / "vendor" / "modules.txt").exists() else "readonly"
    argv = [
        str(tool.folder / "go"), "build", "-trimpath", "-buildvcs=false", f"-mod={modules}",
        f"-ldflags={linker}", "-o", str(out), "--", recipe.package,
    ]  # fmt: skip
    log = shop.log(recipe.id)
    done = shop.run(Command(argv=argv, cwd=project, env=_variables(recipe, shop, tool), log=log))
    if done.code != 0:
        raise BuildError(
            f"{recipe.id}: `go build` failed with exit code {done.code}", remedy=f"see {log}"
        )


def _variables(recipe: GoBinary, shop: Workshop, tool: Tool) -> dict[str, str]:
    fetched = shop.host.tool_environment()
    root = shop.cache.root / "go"
    return fetched | {
        "PATH": f"{tool.folder}:{fetched['PATH']}",
        "GOOS": recipe.platform.os,
        "GOARCH": recipe.platform.architecture,
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-modcacherw",
        "GOENV": "off",
        "GOWORK": "off",
        "GOAMD64": "v1",
        "GOARM64": "v8.0",
        "GOPATH": str(root),
        "GOCACHE": str(root / "build"),
        "GOMODCACHE": str(root / "modules"),
        "GOTELEMETRY": "off",
    }


def _content(
    files: tuple[Tracked, ...], recipe: GoBinary, name: str, shop: Workshop
) -> bytes | None:
    file = next((each for each in files if str(each.path) == _named(recipe, name)), None)
    return None if file is None else shop.repository.git("cat-file", "blob", file.id)


def _named(recipe: GoBinary, name: str) -> str:
    return str(recipe.project / name)
