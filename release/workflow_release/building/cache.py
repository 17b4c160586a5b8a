"""Work done once: files and folders kept by the digest of everything they were made from.

A file is made beside its final name and renamed into place; a folder is made in place and marked
when it is complete. So a kill at any moment leaves an entry whole or to be made again; a lock an
entry lets two processes share the work instead of doing it twice. The digest of a file, and of a
sealed folder, is kept beside it and checked on every hit: a damaged entry is made again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from workflow_release.errors import BuildError
from workflow_sbom import canonical
from workflow_sbom.canonical import Json
from workflow_sbom.digest import Digest, Measured, measure_file

Make = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry: where it is, and whether it was there already."""

    path: Path
    reused: bool


@dataclass(frozen=True, slots=True)
class FileHit(Hit):
    """A file, with what reading it just now showed."""

    measured: Measured


def key(kind: str, parts: Mapping[str, Json]) -> Digest:
    """The name of an entry: the digest of what it is and of everything it is made from."""
    return Digest.of(canonical.encode({"kind": kind, "parts": parts}))


_SORTS = ("files", "trees")
_DAY = 86_400
_WORKSPACES = key("workspaces", {})


@dataclass(frozen=True, slots=True)
class Cache:
    """Entries below one folder; safe for several threads and processes."""

    root: Path

    def file(self, name: Digest, make: Make) -> FileHit:
        """The one file of that name, which `make(folder)` leaves in an empty folder."""
        folder = self._folder("files", name)
        with self._locked(name):
            found = _intact(folder)
            if found is not None:
                return found
            scratch = folder.with_name(f".{folder.name}")  # nobody else's: the lock is held
            _remove(folder)
            _remove(scratch)
            try:
                (scratch / "content").mkdir(parents=True)
                make(scratch / "content")
                made = _only(scratch / "content")
                made.chmod(0o444)
                measured = measure_file(made)
                (scratch / "digest").write_text(measured.digest.hex)
                scratch.rename(folder)
            finally:
                _remove(scratch)
            return FileHit(folder / "content" / made.name, reused=False, measured=measured)

    def tree(self, name: Digest, make: Make, *, sealed: bool = False) -> Hit:
        """The folder of that name, filled by `make(path)` when it is not there.

        `make` is told the final place, for what is made there may hold its own path (a virtual
        environment does); a folder without its mark of completion was left by a kill. What is in
        a `sealed` one is checked on every hit.
        """
        folder = self._folder("trees", name)
        complete, content = folder / ".complete", folder / "tree"
        with self._locked(name):
            if complete.exists() and (not sealed or complete.read_bytes() == _seal(content)):
                return Hit(content, reused=True)
            _remove(folder)
            content.mkdir(parents=True)
            try:
                make(content)
            except BaseException:
                _remove(folder)
                raise
            complete.write_bytes(_seal(content) if sealed else b"")
            return Hit(content, reused=False)

    def _folder(self, sort: str, name: Digest) -> Path:
        return self.root / sort / name.hex[:2] / name.hex

    @contextmanager
    def _locked(self, name: Digest) -> Iterator[None]:
        locks = self.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / name.hex).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.utime(lock.fileno())  # when it was used last, for `prune`
            yield

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A scratch folder, removed afterwards; what a killed process left goes, too.

        It looks like a checkout's root to tools that search the folders above for ignore rules
        (hatchling packs a `.gitignore` it finds there), so that a home's are not among them.
        """
        folder = self.root / "work"
        mine = folder / uuid4().hex
        with ExitStack() as held:
            with self._locked(_WORKSPACES):  # nobody sweeps a folder that has no lock yet
                folder.mkdir(parents=True, exist_ok=True)
                _sweep(folder)
                mine.mkdir()
                (mine / ".git").mkdir()
                lock = held.enter_context((folder / f"{mine.name}.lock").open("w"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield mine
            finally:
                _remove(mine)
                Path(lock.name).unlink(missing_ok=True)

    def prune(self, limit: int) -> int:
        """Remove what was used longest ago until at most `limit` bytes are kept; those removed.

        What was used within a day of the latest use stays, and so does what is in use now.
        """
        uses = {path.name: path.stat().st_mtime for path in (self.root / "locks").glob("*")}
        entries = [Path(path) for sort in _SORTS for path in (self.root / sort).glob("*/*")]
        sizes = {entry: _size(entry) for entry in entries}
        recent = max(uses.values(), default=0.0) - _DAY
        excess, removed = sum(sizes.values()) - limit, 0
        for entry in sorted(entries, key=lambda each: uses.get(each.name.strip("."), 0.0)):
            name = entry.name.strip(".")
            if removed >= excess or uses.get(name, 0.0) >= recent:
                break
            removed += sizes[entry] if self._discard(entry, name) else 0
        return removed

    def _discard(self, entry: Path, name: str) -> bool:
        lock = self.root / "locks" / name
        with lock.open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            _remove(entry)
        return True


def _size(folder: Path) -> int:
    paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return sum(path.lstat().st_size for path in paths)


def digest_of(folder: Path) -> Digest:
    """The digest of a folder's files and links: their paths, contents and targets."""
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return key("folder", {"files": [_row(path, path.relative_to(folder)) for path in paths]})


def _seal(folder: Path) -> bytes:
    return digest_of(folder).hex.encode()


def _row(path: Path, name: Path) -> Json:
    if path.is_symlink():
        return [str(name), "link", str(path.readlink())]
    executable = bool(path.stat().st_mode & stat.S_IXUSR)
    return [str(name), executable, measure_file(path).digest.hex]


def _sweep(folder: Path) -> None:
    """Remove the workspaces whose process is gone: their lock can be taken."""
    for name in sorted({path.name.removesuffix(".lock") for path in folder.iterdir()}):
        lock = folder / f"{name}.lock"
        with lock.open("w") as held, suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder / name)
            lock.unlink(missing_ok=True)


def _only(folder: Path) -> Path:
    made = list(folder.iterdir())
    if len(made) != 1 or made[0].is_symlink() or not made[0].is_file():
        names = ", ".join(sorted(path.name for path in made)) or "nothing"
        raise BuildError(f"one file was to be made, but there is: {names}")
    return made[0]


def _intact(folder: Path) -> FileHit | None:
    """The file of an entry, if it still has the digest it was made with."""
    try:
        expected = (folder / "digest").read_text()
        content = _only(folder / "content")
        measured = measure_file(content)
    except (OSError, UnicodeDecodeError, BuildError):
        return None
    if measured.digest.hex != expected:
        return None
    return FileHit(content, reused=True, measured=measured)


def _remove(folder: Path) -> None:
    """Remove a folder with all that is read-only in it."""
    if not folder.exists():
        return
    folder.chmod(stat.S_IRWXU)
    for parent, names, _ in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            if not path.is_symlink():
                path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder)
