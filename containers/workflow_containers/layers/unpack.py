"""Writing image entries to a folder, for running a program that is in them.

Nothing is written through a link and nothing outside the folder. Owners and times are not kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import assert_never

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink, parents


def unpack(entries: Iterable[Entry], root: Path) -> None:
    """Write entries into a new, empty folder; raises `MemberError` for one that leaves it."""
    links: set[str] = set()
    for entry in entries:
        if not links.isdisjoint(parents(entry.path)):
            raise MemberError(f"{entry.path!r} would be written through a link")
        _write(entry, root, links)


def _write(entry: Entry, root: Path, links: set[str]) -> None:
    path = root / entry.path
    if isinstance(entry, Directory):
        if entry.path not in links:
            path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.exists():
        raise MemberError(f"{entry.path!r} stands twice")
    match entry:
        case File(data=data, mode=mode):
            path.write_bytes(data)
            path.chmod(mode)
        case Symlink(target=target):
            links.add(entry.path)
            path.symlink_to(target)
        case Hardlink(target=target):
            _link(root, target, path, links)
        case _:
            assert_never(entry)


def _link(root: Path, target: str, path: Path, links: set[str]) -> None:
    if target in links or not links.isdisjoint(parents(target)) or not (root / target).is_file():
        raise MemberError(f"{target!r} is linked to and is no file before it")
    os.link(root / target, path)
