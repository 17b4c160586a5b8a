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
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from workflow_release.errors import BuildError
from workflow_release.repository import blobs
from workflow_release.repository.git import Repository, shown
from workflow_release.repository.tree import LINK, MODES, refuse
from workflow_release.repository.tree import Tracked as Tracked  # noqa: PLC0414 - what is staged
from workflow_release.repository.tree import Tree as Tree  # noqa: PLC0414 - what is staged from
from workflow_release.repository.tree import read_tree as read_tree  # noqa: PLC0414
from workflow_sbom.canonical import Json

_LICENCES = re.compile(r"(LICEN[CS]E|NOTICE|COPYING)([.-].*)?", re.ASCII)
_LFS = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1024
_ROOT = PurePosixPath()


def visible(
    tree: Tree, project: PurePosixPath, inputs: Iterable[PurePosixPath] = ()
) -> tuple[Tracked, ...]:
    """What a project's build may see: its folder, its declared inputs, and a licence.

    A project without a licence file of its own gets the repository's. Raises `BuildError` for a
    folder or input that is not there, and for every file that can't be staged.
    """
    folders = (project, *inputs)
    found: dict[PurePosixPath, Tracked] = {}
    faults: list[str] = []
    for folder in folders:
        below = tree.below(folder)
        refused = [each.fault for each in tree.refused if _concerns(each.path, folder)]
        if not below and not refused:
            what = "a project" if folder == project else f"an input of {project}"
            faults.append(f"{folder}: {what} that the commit does not hold")
        found |= {file.path: file for file in below}
        faults += refused
    if not any(_is_licence(file.path, project) for file in found.values()):
        found |= {file.path: file for file in _licences(tree, project)}
    for link in [file for file in found.values() if file.mode == LINK]:
        home = next(folder for folder in folders if link.path.is_relative_to(folder))
        faults += _follow(link, home, tree, found)
    refuse([*faults, *_collisions(found)])
    return tuple(found[path] for path in sorted(found))


def _concerns(path: PurePosixPath, folder: PurePosixPath) -> bool:
    """Whether what can't be staged is in a folder, or the folder is in it."""
    return path.is_relative_to(folder) or folder.is_relative_to(path)


def _is_licence(path: PurePosixPath, folder: PurePosixPath) -> bool:
    return path.parent == folder and bool(_LICENCES.fullmatch(path.name))


def _licences(tree: Tree, project: PurePosixPath) -> Iterator[Tracked]:
    """The repository's licence files, as if they lay in the project's folder."""
    for file in tree.files:
        if _is_licence(file.path, _ROOT) and (found := tree.find(file.path)) is not None:
            yield replace(found, path=project / file.path.name)


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
        ids = blobs.wanted(file.id for file in order)
        repository.write(printed, "cat-file", "--batch", stdin=ids)
        with printed.open("rb") as stream:
            for file in order:
                _write(file, stream, into)
            if stream.read(1):
                raise BuildError("git printed more than was asked for", remedy="run `git fsck`")
    pointers = [file for file in order if file.mode != LINK and _is_pointer(into / file.path)]
    refuse([f"{file.path}: a Git LFS pointer, not the file" for file in pointers])
    for file in order:
        _refuse_escape(into / file.path, into)


def _write(file: Tracked, printed: BinaryIO, into: Path) -> None:
    path = into / file.path
    for parent in reversed(path.relative_to(into).parents[:-1]):
        folder = into / parent
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)
    path.unlink(missing_ok=True)
    content = blobs.pieces(file.id, str(file.path), printed)
    if file.mode == LINK:
        path.symlink_to(b"".join(content).decode("utf-8"))
        return
    with path.open("xb") as stream:
        stream.writelines(content)
    path.chmod(MODES[file.mode])


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(_LONGEST_POINTER)
    return start.startswith(_LFS) and len(start) < _LONGEST_POINTER


def _refuse_escape(path: Path, into: Path) -> None:
    """What `visible` decided from the commit, seen on the disk as well."""
    real = Path(os.path.realpath(path))  # Path.resolve fails where links go in circles
    if path.is_symlink() and not real.is_relative_to(into.resolve()):
        raise BuildError(
            f"{path.relative_to(into)}: a link out of the export",
            remedy="link inside the repository, or commit a copy",
        )
