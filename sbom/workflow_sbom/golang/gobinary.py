"""A Go program: its modules, toolchain and settings, from the build information in its bytes."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.golang import goformat
from workflow_sbom.golang.goformat import BuildInfo, Module
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Sbom
from workflow_sbom.model.parts import Property
from workflow_sbom.purl import package_url

SUM = "workflow:go:sum"
REPLACES = "workflow:go:replaces"
PACKAGE = "workflow:go:package"
SETTING = "workflow:go:build:"
DEVELOPMENT = "(devel)"


def describe_go_binary(artifact: ArtifactFile, name: str, version: str) -> Sbom:
    """What a Go program is made of; `name` and `version` are the release's.

    The linker records which modules are inside, not which asks for which: the edges are stated
    as unknown. With cgo, libraries outside Go's knowledge may be linked in, so the parts are
    then incomplete. Raises `InventoryError`.
    """
    info = goformat.read(artifact.path)
    subject = _subject(artifact, name, version, info)
    parts = (_toolchain(info.go), *(_component(module) for module in info.modules))
    refs = tuple(part.ref for part in (subject, *parts))
    pure = ("CGO_ENABLED", "0") in info.settings
    return Sbom(
        subject=subject,
        components=parts,
        compositions=(
            Composition("complete" if pure else "incomplete", assemblies=(subject.ref,)),
            Composition("unknown", dependencies=refs),
        ),
    )


def _subject(artifact: ArtifactFile, name: str, version: str, info: BuildInfo) -> Component:
    module = info.main.path if info.main else info.package
    subpath = info.package.removeprefix(module).strip("/") or None
    return Component(
        ref=artifact.ref,
        kind="application",
        name=name,
        version=version,
        purl=_purl(module, f"v{version}", subpath) if "/" in module or "." in module else None,
        hashes=artifact.hashes,
        properties=tuple(_facts(info)),
    )


def _facts(info: BuildInfo) -> Iterator[Property]:
    if info.package:
        yield Property(PACKAGE, info.package)
    for key, value in info.settings:
        yield Property(SETTING + key, value)


def _toolchain(go: str) -> Component:
    """The standard library of the toolchain, which is linked into every program."""
    version = go.partition(" ")[0].removeprefix("go") if go.startswith("go") else go
    url = package_url("golang", "std", version)
    return Component(ref=url, kind="library", name="std", version=version, purl=url)


def _component(module: Module) -> Component:
    """A module with a version is the proxy's; one without is a folder, known by its path alone."""
    url = _purl(module.path, module.version) if module.version else None
    named = {SUM: module.sum, REPLACES: module.replaces or ""}
    return Component(
        ref=url or f"go-folder:{module.path}",
        kind="library",
        name=module.path,
        version=module.version or None,
        purl=url,
        scope="required",
        properties=tuple(Property(key, value) for key, value in named.items() if value),
    )


def _purl(path: str, version: str, subpath: str | None = None) -> str:
    namespace, _, name = path.rpartition("/")
    return package_url("golang", name, version, namespace=namespace or None, subpath=subpath)
