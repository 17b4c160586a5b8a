"""Putting entries on a base: where its links lead, and over nothing that it has.

An entry below a folder that the base has as a link would put a real folder over that link, and take
away what is behind it (a merged `/usr` loses its linker so). It goes where the link leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from workflow_containers.errors import MemberError
from workflow_containers.layers import entries, tree
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink
from workflow_containers.layers.tree import Tree
from workflow_sbom.digest import Digest

_SHOWN = 20


def placed(found: Iterator[Entry], base: Tree, origin: str) -> Iterator[Entry]:
    """The entries where they come to stand; what the base has already is left to it.

    Raises `MemberError` at the end, with all that would replace something of the base.
    """
    faults: list[str] = []
    folders: set[str] = set()
    others: set[str] = set()
    for entry in found:
        here = _moved(entry, base)
        there = base.nodes.get(here.path)
        if there is not None and not _same(here, there):
            faults.append(f"{here.path!r} would replace what the base has there")
        elif (over := _no_folder(here.path, base)) is not None:
            faults.append(f"{here.path!r} is below {over!r}, which is no folder of the base")
        elif there is None:
            folders.update(entries.parents(here.path))
            others.update(() if isinstance(here, Directory) else (here.path,))
            yield here
    # A link of our own would lead what is below it somewhere else, over the base perhaps.
    faults += [f"{path!r} is a folder and something else" for path in sorted(folders & others)]
    if faults:
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise MemberError(
            f"{origin}: {'; '.join(faults[:_SHOWN])}{more}",
            remedy="name another path, another version, or a base without it",
        )


def _moved(entry: Entry, base: Tree) -> Entry:
    path = base.place(entry.path)
    match entry:
        case File(mode=mode, data=data):
            return File(path, mode, data)
        case Symlink(target=target):
            return Symlink(path, target)
        case Hardlink(target=target):
            return Hardlink(path, base.place(target))
        case Directory(mode=mode):
            return Directory(base.resolve(path), mode)
        case _:
            assert_never(entry)


def _no_folder(path: str, base: Tree) -> str | None:
    """What is above a path and can hold nothing."""
    for above in entries.parents(path):
        if not isinstance(base.nodes.get(above), tree.Folder | None):
            return above
    return None


def _same(entry: Entry, there: tree.Node) -> bool:
    match entry, there:
        case File(mode=mode, data=data), tree.File(mode=other, digest=digest):
            return digest == Digest.of(data) and bool(mode & 0o111) <= bool(other & 0o111)
        case Symlink(target=target), tree.Link(target=other_target):
            return target == other_target
        case Directory(), tree.Folder():
            return True
        case _:
            return False


def folder(base: Tree, path: str) -> Directory:
    """A folder as a layer over the base has it: the base's own, mode and owner, where it has it."""
    there = base.nodes.get(path)
    if isinstance(there, tree.Folder):
        return Directory(path, there.mode, there.owner)
    return entries.directory(path)
