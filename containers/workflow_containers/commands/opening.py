"""The image that a word of a command line names: an archive, or the folder of an OCI layout."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow_containers.commands.interface import Shell
from workflow_containers.errors import LayoutError
from workflow_containers.oci.layout import MAX_BLOBS, Layout


@contextmanager
def opened(word: str, shell: Shell) -> Iterator[Layout]:
    """The image, every byte checked; raises `ContainersError`."""
    with tempfile.TemporaryDirectory(dir=shell.scratch) as scratch:
        path = _archive(Path(word), Path(scratch))
        try:
            layout = Layout(path)
        except OSError as error:
            raise LayoutError(f"{word}: can't be read: {error.strerror}") from error
        with layout:
            yield layout


def _archive(path: Path, scratch: Path) -> Path:
    if path.is_dir():
        return _packed(path, scratch / path.absolute().name)
    if path.exists():
        return path
    raise LayoutError(
        f"{str(path)!r}: no such file",
        remedy="name an archive that workflow-containers build wrote",
    )


def _packed(folder: Path, target: Path) -> Path:
    """The files of a layout's folder as the archive they would be."""
    with tarfile.open(target, "w") as archive:
        for count, path in enumerate(sorted(folder.rglob("*"))):
            if count > MAX_BLOBS or path.is_symlink():
                raise LayoutError(f"{folder}: {path.name!r} has no place in an OCI layout")
            if path.is_file():
                archive.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return target
