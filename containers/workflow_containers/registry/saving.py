"""Files from a registry, on disk: whole or not at all, and never in another's place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from workflow_containers.errors import ConflictError
from workflow_sbom.digest import Digest, measure_file


def save(pieces: Iterable[bytes], path: Path, digest: Digest) -> bool:
    """Write a file of that digest; whether it had to be written.

    Raises `ConflictError` when another is there; nothing is fetched then. What `pieces` raise
    leaves no file behind.
    """
    if _is_there(path, digest):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as stream:
        made = Path(stream.name)
        try:
            for piece in pieces:
                stream.write(piece)
            stream.flush()
            made.chmod(0o644)
            os.link(made, path)  # unlike a move, it replaces nothing
        except FileExistsError:
            return not _is_there(path, digest)
        finally:
            made.unlink()
    return True


def _is_there(path: Path, digest: Digest) -> bool:
    """Whether the very file is there; raises `ConflictError` for another."""
    if not os.path.lexists(path):
        return False
    if path.is_symlink() or not path.is_file() or measure_file(path).digest != digest:
        raise ConflictError(
            f"{path} is there already, and is another file",
            remedy="move it away, or download to another folder",
        )
    return True
