"""A project's folder as what an artifact was made from, where no commit is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from workflow_sbom.coverage import metadata
from workflow_sbom.coverage.origin import Origin
from workflow_sbom.digest import Digest, measure_file
from workflow_sbom.errors import InventoryError

PROOF = "the folder's files"
MAX_FILES = 100_000
_NOT_OURS = frozenset({".git", "node_modules"})


def project_in(folder: Path, version: str) -> Origin:
    """The files of a folder, of which nobody says that a commit tracks them.

    Version control, installed packages and virtual environments are left out, and no link is
    followed. Raises `InventoryError` for a folder without end, `OSError`.
    """
    files: dict[str, Digest] = {}
    links: dict[str, str] = {}
    for number, path in enumerate(_below(folder)):
        if number >= MAX_FILES:
            raise InventoryError(
                f"{folder}: more than {MAX_FILES} files", remedy="name the project's own folder"
            )
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links[name] = str(path.readlink())
        elif path.is_file():
            files[name] = measure_file(path).digest
    pyproject = _read(folder, "pyproject.toml", files) or b""
    readme = metadata.readme_of(pyproject)
    return Origin(
        owner=f"folder:{folder.resolve().name or '/'}",
        proof=PROOF,
        files=files,
        links=links,
        version=version,
        project=pyproject,
        readme=_read(folder, readme, files) if readme else None,
    )


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_ours(Path(place, name)))
        linked = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name) for name in sorted([*names, *linked]))


def _is_ours(folder: Path) -> bool:
    return folder.name not in _NOT_OURS and not (folder / "pyvenv.cfg").exists()


def _read(folder: Path, name: str, known: dict[str, Digest]) -> bytes | None:
    """One of the project's own files, whole; no name leads out of it."""
    return (folder / name).read_bytes() if name in known else None
