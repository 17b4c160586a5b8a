"""Packages and wheels that are handed in as folders: nothing is fetched then."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from workflow_containers.building.given import Tools
from workflow_containers.debian import lock
from workflow_containers.debian.lock import Package
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.definition import Debian, Definition
from workflow_containers.errors import CoverageError, RegistryError
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

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
    wanted = [each for of in locked.platforms.values() for each in of]
    try:
        _adopt(folder, wanted, Store(tools.store.absolute()))
    except OSError as error:
        raise CoverageError(f"{folder}: can't be read: {error}") from error
    return replace(tools, fetch=_Refusing(folder), mirrors=lambda: _NOWHERE, policy="strict")


def with_wheels(tools: Tools, folder: Path) -> Tools:
    """Tools that take wheels from a folder alone."""
    named = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder.absolute())}
    return replace(tools, environment={**tools.environment, **named})


def _adopt(folder: Path, wanted: Sequence[Package], store: Store) -> None:
    """Keep the wanted of a folder's packages; what has no size of theirs is not even opened."""
    sizes = {each.size for each in wanted}
    digests = {each.sha256 for each in wanted}
    for path in sorted(folder.rglob("*.deb")):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and found.st_size in sizes:
            data = path.read_bytes()
            if Digest.of(data) in digests:
                store.put(data)
