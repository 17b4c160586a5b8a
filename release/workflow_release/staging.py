"""The staged export of a commit: exactly the bytes git tracks, and only what a recipe may see.

Blobs are read from git itself, so no filter, line-ending rule or export attribute changes them,
and nothing untracked or uncommitted can get in. What is staged is what the cache key is made of.
A link that leaves a project becomes a copy of what it leads to; one that leaves the repository is
refused.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from workflow_release.errors import BuildError
from workflow_release.git import Entry, Repository, shown
from workflow_sbom.canonical import Json
from workflow_sbom.digest import CHUNK

LINK = "120000"
_MODES = {"100644": 0o644, "100755": 0o755, LINK: 0}
_LICENCES = re.compile(r"(LICEN[CS]E|NOTICE|COPYING)([.-].*)?", re.ASCII)
_LFS = b"version https://git-lfs.github.com/spec/"
_MOST_HOPS = 40  # as many links as Linux follows
_ROOT = PurePosixPath()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A file or symbolic link of a commit: its path, git's mode and the blob's id."""

    path: PurePosixPath
    mode: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An entry of a commit that no build may see, and why."""

    path: PurePosixPath
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Everything a commit holds; `links` has the target of every symbolic link."""

    commit: str
    files: tuple[Tracked, ...]
    links: Mapping[PurePosixPath, str]
    refused: tuple[Refused, ...] = ()

    def below(self, folder: PurePosixPath) -> tuple[Tracked, ...]:
        """The files at or below a path."""
        return tuple(file for file in self.files if file.path.is_relative_to(folder))

    def find(self, path: PurePosixPath) -> Tracked | None:
        """The file of that path."""
        return next((file for file in self.files if file.path == path), None)

    def destination(self, link: PurePosixPath) -> PurePosixPath | None:
        """Where a link leads in the end, if it stays in the repository; there may be nothing."""
        at, left, target = link.parent, list[str](), self.links[link]
        for _ in range(_MOST_HOPS):
            if not target or target.startswith("/") or "\0" in target:
                return None
            left += reversed(PurePosixPath(target).parts)
            while left:
                part = left.pop()
                if part == ".." and at == _ROOT:
                    return None
                if at / part in self.links:
                    target = self.links[at / part]
                    break
                at = at.parent if part == ".." else at / part
            else:
                return at
        return None


def read_tree(repository: Repository, commit: str) -> Tree:
    """List a commit; raises `BuildError` naming every entry that was made to escape."""
    entries = repository.ls_tree(commit)
    twice = [path for path, count in Counter(e.path for e in entries).items() if count > 1]
    attacks = [fault for fault in map(_attack, entries) if fault]
    _raise([*attacks, *(f"{shown(path)}: stands twice in the commit" for path in twice)])
    files, refused = [], []
    for entry in entries:
        path = PurePosixPath(entry.path.decode("utf-8", "surrogateescape"))
        fault = _fault(entry)
        if fault is None:
            files.append(Tracked(path=path, mode=entry.mode, id=entry.id))
        else:
            refused.append(Refused(path=path, fault=fault))
    links = tuple(file for file in files if file.mode == LINK)
    return Tree(
        commit=commit,
        files=tuple(files),
        links=dict(_targets(repository, links)),
        refused=tuple(refused),
    )


def _attack(entry: Entry) -> str | None:
    """Why no git makes such an entry, if none does."""
    parts = entry.path.lower().split(b"/")
    if any(part in {b"", b".", b"..", b".git"} for part in parts):
        return f"{shown(entry.path)}: the name leads elsewhere"
    if entry.mode != "160000" and entry.mode not in _MODES:
        return f"{shown(entry.path)}: mode {entry.mode} is no file and no link"
    return None


def _fault(entry: Entry) -> str | None:
    name = shown(entry.path)
    if entry.type == "commit":
        return f"{name}: a submodule; nothing of it is in this commit"
    try:
        text = entry.path.decode("utf-8")
    except UnicodeDecodeError:
        return f"{name}: the name is not UTF-8"
    if not text.isprintable() or "\\" in text:
        return f"{name}: the name has a control character or a backslash"
    return None


def _targets(
    repository: Repository, links: tuple[Tracked, ...]
) -> Iterator[tuple[PurePosixPath, str]]:
    with tempfile.TemporaryFile() as printed:
        if links:
            printed.write(repository.git("cat-file", "--batch", stdin=_wanted(links)))
        printed.seek(0)
        for link in links:
            blob = b"".join(_blob(link, printed))
            yield link.path, blob.decode("utf-8", "surrogateescape")


def visible(
    tree: Tree, project: PurePosixPath, inputs: Iterable[PurePosixPath] = ()
) -> tuple[Tracked, ...]:
    """What a project's build may see: its folder, its declared inputs, and a licence.

    A project without a licence file of its own gets the repository's. Raises `BuildError` for an
    input that is not there, and for every file that can't be staged.
    """
    folders = (project, *inputs)
    found: dict[PurePosixPath, Tracked] = {}
    faults: list[str] = []
    for folder in folders:
        below = tree.below(folder)
        refused = [each.fault for each in tree.refused if each.path.is_relative_to(folder)]
        if not below and not refused and folder != project:
            faults.append(f"{folder}: an input of {project} that the commit does not hold")
        found |= {file.path: file for file in below}
        faults += refused
    if not any(_is_licence(file.path, project) for file in found.values()):
        found |= {file.path: file for file in _licences(tree, project)}
    for link in [file for file in found.values() if file.mode == LINK]:
        home = next(folder for folder in folders if link.path.is_relative_to(folder))
        faults += _follow(link, home, tree, found)
    _raise([*faults, *_collisions(found)])
    return tuple(found[path] for path in sorted(found))


def _raise(faults: list[str]) -> None:
    if faults:
        raise BuildError(
            "\n".join(faults),
            remedy="rename or remove what is named, or mend `inputs` in release.toml, and commit",
        )


def _is_licence(path: PurePosixPath, folder: PurePosixPath) -> bool:
    return path.parent == folder and bool(_LICENCES.fullmatch(path.name))


def _licences(tree: Tree, project: PurePosixPath) -> Iterator[Tracked]:
    """The repository's licence files, as if they lay in the project's folder."""
    for file in tree.files:
        if _is_licence(file.path, _ROOT) and file.mode != LINK:
            yield replace(file, path=project / file.path.name)


def _follow(
    link: Tracked, home: PurePosixPath, tree: Tree, found: dict[PurePosixPath, Tracked]
) -> Iterator[str]:
    """Keep a link that stays in its home folder; copy what one that leaves it leads to."""
    end = tree.destination(link.path)
    if end is not None and end.is_relative_to(home):
        return
    target = shown(tree.links[link.path].encode("utf-8", "surrogateescape"))
    if end is None:
        yield f"{link.path}: a link to {target}, outside the repository"
        return
    copies = tree.below(end)
    odd = any(each.path.is_relative_to(end) for each in tree.refused)
    if odd or not copies or any(file.mode == LINK for file in copies):
        yield f"{link.path}: a link to {target}, of which no copy can be made"
    del found[link.path]
    for file in copies:
        path = link.path / file.path.relative_to(end)
        found[path] = replace(file, path=path)


def _collisions(paths: Iterable[PurePosixPath]) -> Iterator[str]:
    """Names that are one on a file system which ignores case or accents' spelling."""
    files = {str(path) for path in paths}
    folders: set[str] = set()
    for path in files:
        parent = path.rpartition("/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
    for path in sorted(files & folders):
        yield f"{path}: a file and a folder"
    seen: dict[str, str] = {}
    for path in sorted(files | folders):
        folded = path.casefold()
        other = seen.setdefault(unicodedata.normalize("NFC", folded), path)
        if other != path:
            yield f"{path} and {other} differ in case or accents alone"


def key_of(files: Iterable[Tracked]) -> Json:
    """What of staged files goes into a cache key."""
    return [[str(file.path), file.mode, file.id] for file in files]


def export(repository: Repository, files: tuple[Tracked, ...], into: Path) -> None:
    """Write files below `into`, modes 0644 and 0755 whatever the umask; raises `BuildError`.

    Links come last, so that nothing is written through one; each must lead into the export.
    """
    into.mkdir(exist_ok=True)
    into.chmod(0o755)
    order = sorted(files, key=lambda file: file.mode == LINK)
    with tempfile.TemporaryDirectory(dir=into.parent) as scratch:
        printed = Path(scratch, "blobs")
        repository.write(printed, "cat-file", "--batch", stdin=_wanted(order))
        with printed.open("rb") as stream:
            for file in order:
                _write(file, stream, into)
            if stream.read(1):
                raise BuildError("git printed more than was asked for", remedy="run `git fsck`")
    for file in order:
        _refuse_escape(into / file.path, into)


def _wanted(files: Iterable[Tracked]) -> bytes:
    return "".join(f"{file.id}\n" for file in files).encode()


def _blob(file: Tracked, printed: BinaryIO) -> Iterator[bytes]:
    """The file's bytes, in pieces, as `git cat-file --batch` prints them next."""
    name, _, rest = printed.readline(200).decode("ascii", "replace").partition(" ")
    kind, _, size = rest.rstrip("\n").partition(" ")
    if (name, kind) != (file.id, "blob") or not size.isdecimal():
        raise BuildError(f"{file.path}: git does not have it", remedy="run `git fsck`")
    left = int(size)
    while left and (piece := printed.read(min(left, CHUNK))):
        left -= len(piece)
        yield piece
    if left or printed.read(1) != b"\n":
        raise BuildError(f"{file.path}: git stopped halfway", remedy="run `git fsck`")


def _write(file: Tracked, printed: BinaryIO, into: Path) -> None:
    path = into / file.path
    for parent in reversed(path.relative_to(into).parents[:-1]):
        folder = into / parent
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)
    if file.mode == LINK:
        path.symlink_to(b"".join(_blob(file, printed)).decode("utf-8", "surrogateescape"))
        return
    with path.open("wb") as stream:
        for number, piece in enumerate(_blob(file, printed)):
            if number == 0 and piece.startswith(_LFS):
                raise BuildError(
                    f"{file.path}: a Git LFS pointer, not the file",
                    remedy="commit the file itself, or leave it out of what is released",
                )
            stream.write(piece)
    path.chmod(_MODES[file.mode])


def _refuse_escape(path: Path, into: Path) -> None:
    """What `visible` decided from the commit, seen on the disk as well."""
    real = Path(os.path.realpath(path))  # Path.resolve fails where links go in circles
    if path.is_symlink() and not real.is_relative_to(into.resolve()):
        raise BuildError(
            f"{path.relative_to(into)}: a link out of the export",
            remedy="link inside the repository, or commit a copy",
        )
