"""Writing a merged root, or files of one, to a folder: for running a program that is in it.

Paths of a merged root lead through no link, and a link written here leads nowhere but into the
folder. Owners, times, devices and setuid bits are not kept.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from workflow_containers.errors import LayoutError
from workflow_containers.layers import foreign
from workflow_containers.layers.tree import File, Folder, Link, Tree
from workflow_containers.layers.unpacking import Contents

Open = Callable[[int], AbstractContextManager[Contents]]
"""Opens a layer by its number."""


def files(wanted: Mapping[str, File], layers: Open, root: Path) -> None:
    """Write files to paths below an empty folder; raises `ContainersError` for a layer's lies."""
    places: dict[tuple[int, int], list[str]] = {}
    for path, file in wanted.items():
        places.setdefault(file.source, []).append(path)
    for number in sorted({layer for layer, _ in places}):
        with layers(number) as contents:
            for at, member in enumerate(foreign.members(contents, f"layer {number + 1}")):
                if (number, at) in places and isinstance(member, foreign.Regular):
                    _write(member, [root / path for path in places[number, at]])
    for path, file in wanted.items():
        if not (root / path).is_file() or (root / path).stat().st_size != file.size:
            raise LayoutError(f"{path[:120]!r} is not where it was found; build again")


def _write(member: foreign.Regular, paths: list[Path]) -> None:
    first, *others = paths
    first.parent.mkdir(parents=True, exist_ok=True)
    with first.open("xb") as stream:
        while data := member.content.read(1 << 20):
            stream.write(data)
    first.chmod(0o755 if member.mode & 0o111 else 0o644)
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(first)


def whole(tree: Tree, layers: Open, root: Path) -> None:
    """Write all of a root below an empty folder; devices and pipes are left out."""
    for path, node in tree.nodes.items():
        if isinstance(node, Folder):
            (root / path).mkdir(parents=True, exist_ok=True)
    files({path: node for path, node in tree.nodes.items() if isinstance(node, File)}, layers, root)
    for path, node in tree.nodes.items():  # last, so that nothing is written through one
        if isinstance(node, Link):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).symlink_to(_inside(path, node.target))


def _inside(path: str, target: str) -> str:
    """A link's target as it is in a container, where `..` of the root is the root itself."""
    here = posixpath.dirname(f"/{path}")
    there = posixpath.normpath(posixpath.join(here, target))
    return posixpath.relpath(f"/{there.lstrip('/')}", here)
