"""The staged export of a commit: exactly the bytes git tracks, and only what a recipe may see.

Blobs are read from git itself, so no filter, line-ending rule or export attribute changes them,
and nothing untracked or uncommitted can get in. What is staged is what the cache key is made of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workflow_release.errors import BuildError
from workflow_release.git import Entry, Repository, shown
from workflow_sbom.canonical import Json

_MODES = {"100644": 0o644, "100755": 0o755, "120000": 0}
_LICENCES = re.compile(r"(LICEN[CS]E|NOTICE|COPYING)([.-].*)?", re.ASCII)
_LFS = b"version https://git-lfs.github.com/spec/"
_BATCH = 200
_ROOT = PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A file or symbolic link of a commit: its path, git's mode and the blob's id."""

    path: PurePosixPath
    mode: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Everything a commit holds."""

    commit: str
    files: tuple[Tracked, ...]

    def below(self, folder: PurePosixPath) -> tuple[Tracked, ...]:
        """The files at or below a path."""
        return tuple(file for file in self.files if file.path.is_relative_to(folder))

    def find(self, path: PurePosixPath) -> Tracked | None:
        """The file of that path."""
        return next((file for file in self.files if file.path == path), None)


def read_tree(repository: Repository, commit: str) -> Tree:
    """List a commit; raises `BuildError` naming every entry that can't be staged safely."""
    entries = repository.ls_tree(commit)
    faults = [*filter(None, map(_fault, entries)), *_collisions(entries)]
    if faults:
        raise BuildError(
            "\n".join(faults), remedy="rename or remove what is named, and commit again"
        )
    files = (
        Tracked(path=PurePosixPath(entry.path.decode()), mode=entry.mode, id=entry.id)
        for entry in entries
        if entry.type == "blob"
    )
    return Tree(commit=commit, files=tuple(files))


def _fault(entry: Entry) -> str | None:
    name = shown(entry.path)
    try:
        text = entry.path.decode("utf-8")
    except UnicodeDecodeError:
        return f"{name}: the name is not UTF-8"
    parts = text.split("/")
    if not text.isprintable() or "\\" in text:
        return f"{name}: the name has a control character or a backslash"
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        return f"{name}: the name leads elsewhere"
    if entry.type != "commit" and entry.mode not in _MODES:
        return f"{name}: mode {entry.mode} is no file and no link"
    return None


def _collisions(entries: Iterable[Entry]) -> Iterator[str]:
    seen: dict[bytes, bytes] = {}
    for entry in entries:
        other = seen.setdefault(entry.path.lower(), entry.path)
        if other != entry.path:
            yield f"{shown(entry.path)} and {shown(other)} differ in case alone"


def visible(
    tree: Tree, project: PurePosixPath, inputs: Iterable[PurePosixPath] = ()
) -> tuple[Tracked, ...]:
    """What a project's build may see: its folder, its declared inputs, and a licence.

    A project without a licence file of its own gets the repository's; raises `BuildError` for an
    input that is not there.
    """
    found: dict[PurePosixPath, Tracked] = {file.path: file for file in tree.below(project)}
    for wanted in inputs:
        below = tree.below(wanted)
        if not below:
            raise BuildError(
                f"{wanted}: an input of {project} that the commit does not hold",
                remedy="commit it, or mend `inputs` in release.toml",
            )
        found |= {file.path: file for file in below}
    if not any(_is_licence(file.path, project) for file in found.values()):
        for file in tree.files:
            if _is_licence(file.path, _ROOT):
                path = project / file.path.name
                found[path] = Tracked(path=path, mode=file.mode, id=file.id)
    return tuple(found[path] for path in sorted(found))


def _is_licence(path: PurePosixPath, folder: PurePosixPath) -> bool:
    return path.parent == folder and bool(_LICENCES.fullmatch(path.name))


def key_of(files: Iterable[Tracked]) -> Json:
    """What of staged files goes into a cache key."""
    return [[str(file.path), file.mode, file.id] for file in files]


def export(repository: Repository, files: tuple[Tracked, ...], into: Path) -> None:
    """Write files below `into`, modes 0644 and 0755 whatever the umask; raises `BuildError`."""
    into.mkdir(exist_ok=True)
    for start in range(0, len(files), _BATCH):
        batch = files[start : start + _BATCH]
        for file, blob in zip(batch, _blobs(repository, batch), strict=True):
            _write(file, blob, into)


def _blobs(repository: Repository, files: tuple[Tracked, ...]) -> Iterator[bytes]:
    wanted = "".join(f"{file.id}\n" for file in files).encode()
    printed = memoryview(repository.git("cat-file", "--batch", stdin=wanted))
    for file in files:
        end = bytes(printed[:200]).index(b"\n")
        name, kind, size = bytes(printed[:end]).split(b" ")
        if (name.decode(), kind) != (file.id, b"blob"):
            raise BuildError(f"{file.path}: git does not have it", remedy="run `git fsck`")
        stop = end + 1 + int(size)
        yield bytes(printed[end + 1 : stop])
        printed = printed[stop + 1 :]


def _write(file: Tracked, blob: bytes, into: Path) -> None:
    path = into / file.path
    for parent in reversed(path.relative_to(into).parents[:-1]):
        folder = into / parent
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)
    if file.mode == "120000":
        path.symlink_to(_target(file, blob))
        return
    if blob.startswith(_LFS):
        raise BuildError(
            f"{file.path}: a Git LFS pointer, not the file",
            remedy="commit the file itself, or leave it out of what is released",
        )
    path.write_bytes(blob)
    path.chmod(_MODES[file.mode])


def _target(file: Tracked, blob: bytes) -> str:
    """Where a symbolic link leads; only to what lies below the root of the export."""
    target = blob.decode("utf-8", "replace")
    depth = len(file.path.parent.parts)
    for part in PurePosixPath(target).parts:
        depth += {"..": -1, ".": 0}.get(part, 1)
        if depth < 0 or target.startswith("/"):
            raise BuildError(
                f"{file.path}: a link to {shown(blob)}, outside the repository",
                remedy="link inside the repository, or commit a copy",
            )
    return target
