"""Packages and wheels that are handed in as folders: nothing is fetched then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from workflow_containers.building.given import Tools
from workflow_containers.debian import lock
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.definition import Debian, Definition
from workflow_containers.errors import CoverageError, RegistryError
from workflow_containers.store import Store
from workflow_sbom.digest import measure_file

_NOWHERE = Mirrors(debian="file:///nowhere", security="file:///nowhere")


@dataclass(frozen=True, slots=True)
class _Refusing:
    """Fetches nothing; implements `Fetch`."""

    folder: Path

    def __call__(self, _: str, /) -> IO[bytes]:
        raise RegistryError(f"no file in {self.folder} has its digest")


def with_debs(tools: Tools, folder: Path, definition: Definition, root: Path) -> Tools:
    """Tools that take packages from a folder alone, whatever their files are called.

    Those whose digest the definition's lock has are put into the store; `root` is the
    repository's folder. Raises `CoverageError` for a folder that can't be read, and
    `DefinitionError` for a lock.
    """
    match definition.ground:
        case Debian(lock=name):
            locked = lock.load(root / name)
        case _:
            raise CoverageError(f"{definition.name} is on a base: it has no packages to be given")
    wanted = {each.sha256 for of in locked.platforms.values() for each in of}
    store = Store(tools.store.absolute())
    try:
        for path in sorted(folder.rglob("*.deb")):
            if measure_file(path).digest in wanted:
                store.put(path.read_bytes())
    except OSError as error:
        raise CoverageError(f"{folder}: can't be read: {error.strerror}") from error
    return replace(tools, fetch=_Refusing(folder), mirrors=lambda: _NOWHERE, policy="strict")


def with_wheels(tools: Tools, folder: Path) -> Tools:
    """Tools that take wheels from a folder alone."""
    named = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder.absolute())}
    return replace(tools, environment={**tools.environment, **named})
