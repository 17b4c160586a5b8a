"""Go programs, by the build information that the linker put into them."""

from __future__ import annotations

from workflow_containers.errors import PlatformError
from workflow_containers.platform import Platform
from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Evidence
from workflow_release.model import Artifact
from workflow_sbom.errors import InventoryError
from workflow_sbom.golang import goformat
from workflow_sbom.golang.goformat import BuildInfo

_FOLDER_VERSIONS = frozenset({"", "(devel)"})


def examine_go(artifact: Artifact) -> Evidence:
    """What a program was linked from; raises `BuildError` when it is no Go program."""
    try:
        info = goformat.read(artifact.path)
        platforms = (_platform(info),)
    except (InventoryError, PlatformError) as error:
        raise BuildError(str(error)) from error
    return Evidence(
        artifact=artifact.name,
        digest=artifact.digest,
        platforms=platforms,
        requirements=tuple(f"{module.path}@{module.version}" for module in info.modules),
        replaced=tuple(
            f"{module.replaces} by {module.path}"
            for module in info.modules
            if module.replaces is not None and module.version in _FOLDER_VERSIONS
        ),
    )


def _platform(info: BuildInfo) -> Platform:
    settings = dict(info.settings)
    return Platform(settings.get("GOOS", ""), settings.get("GOARCH", ""))
