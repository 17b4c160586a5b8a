"""Work done once: files and folders kept by the digest of everything they were made from.

An entry is made beside its final name and renamed into place, so a kill at any moment leaves an
entry whole or absent; a lock an entry lets two processes share the work instead of doing it twice.
A file's digest is kept beside it and checked on every hit: a damaged entry is made again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from workflow_release.errors import BuildError
from workflow_sbom import canonical
from workflow_sbom.canonical import Json
from workflow_sbom.digest import Digest, measure_file

Make = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry: where it is, and whether it was there already."""

    path: Path
    reused: bool


def key(kind: str, parts: Mapping[str, Json]) -> Digest:
    """The name of an entry: the digest of what it is and of everything it is made from."""
    return Digest.of(canonical.encode({"kind": kind, "parts": parts}))


@dataclass(frozen=True, slots=True)
class Cache:
    """Entries below one folder; safe for several threads and processes."""

    root: Path

    def file(self, name: Digest, make: Make) -> Hit:
        """The one file of that name, which `make(folder)` leaves in an empty folder."""
        folder = self._folder("files", name)
        with self._locked(name):
            final = _intact(folder)
            if final is not None:
                return Hit(final, reused=True)
            _remove(folder)
            with self._scratch(folder) as scratch:
                (scratch / "content").mkdir()
                make(scratch / "content")
                made = _only(scratch / "content")
                made.chmod(0o444)
                (scratch / "digest").write_text(measure_file(made).digest.hex)
                scratch.rename(folder)
            return Hit(folder / "content" / made.name, reused=False)

    def tree(self, name: Digest, make: Make) -> Hit:
        """The folder of that name, filled by `make(path)` when it is not there.

        `make` is told the final place, for what is made there may hold its own path (a virtual
        environment does); a folder without its mark of completion was left by a kill.
        """
        folder = self._folder("trees", name)
        with self._locked(name):
            complete = folder / ".complete"
            if complete.exists():
                return Hit(folder / "tree", reused=True)
            _remove(folder)
            (folder / "tree").mkdir(parents=True)
            make(folder / "tree")
            complete.touch()
            return Hit(folder / "tree", reused=False)

    def _folder(self, sort: str, name: Digest) -> Path:
        return self.root / sort / name.hex[:2] / name.hex

    @contextmanager
    def _locked(self, name: Digest) -> Iterator[None]:
        locks = self.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / name.hex).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _scratch(self, folder: Path) -> Iterator[Path]:
        """A folder beside the final one, gone again when what fills it fails."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = folder.with_name(f".{folder.name}.{uuid4().hex[:8]}")
        scratch.mkdir()
        try:
            yield scratch
        finally:
            _remove(scratch)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A scratch folder, removed afterwards; what a killed process left goes, too."""
        folder = self.root / "work"
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        mine = folder / uuid4().hex
        mine.mkdir()
        with (mine / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield mine
            finally:
                _remove(mine)


def _sweep(folder: Path) -> None:
    """Remove the workspaces whose process is gone: their lock can be taken."""
    for left in folder.iterdir():
        try:
            with (left / ".lock").open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(left)
        except OSError:
            continue


def _only(folder: Path) -> Path:
    made = list(folder.iterdir())
    if len(made) != 1 or made[0].is_symlink() or not made[0].is_file():
        names = ", ".join(sorted(path.name for path in made)) or "nothing"
        raise BuildError(f"one file was to be made, but there is: {names}")
    return made[0]


def _intact(folder: Path) -> Path | None:
    """The file of an entry, if it still has the digest it was made with."""
    try:
        expected = (folder / "digest").read_text()
        content = _only(folder / "content")
        return content if measure_file(content).digest.hex == expected else None
    except (OSError, BuildError):
        return None


def _remove(folder: Path) -> None:
    """Remove a folder with all that is read-only in it."""

    def writable(function: Callable[[str], object], path: str, _: object) -> None:
        parent = Path(path).parent
        parent.chmod(parent.stat().st_mode | stat.S_IRWXU)
        if not Path(path).is_symlink():
            os.chmod(path, stat.S_IRWXU)  # noqa: PTH101
        function(path)

    if folder.is_symlink() or folder.exists():
        shutil.rmtree(folder, onerror=writable)
