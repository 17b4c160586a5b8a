"""Whether every library that a file of an image needs is in that image.

Follows the dynamic linker's search (ld.so(8)): the object's own run path, then the folders built
into Debian's linker, and what its cache lists.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workflow_containers.architecture import Architecture
from workflow_containers.errors import ClosureError
from workflow_containers.layers.fragment import Fragment, Object


def _nothing(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Libraries:
    """What the linker has beside the fragments.

    Whether a path is there under them, further folders it searches, the names its cache lists.
    """

    has: Callable[[str], bool] = _nothing
    folders: tuple[str, ...] = ()
    cached: frozenset[str] = frozenset()


NO_LIBRARIES = Libraries()


def check(
    fragments: Iterable[Fragment], architecture: Architecture, image: str,
    under: Libraries = NO_LIBRARIES,
) -> None:  # fmt: skip
    """Check an image's fragments together; raises `ClosureError` with everything missing."""
    fragments = tuple(fragments)
    paths = {path for fragment in fragments for path in fragment.paths}
    system = (*under.folders, f"usr/lib/{architecture.triplet}", "usr/lib")

    def found(library: str, own: Iterable[str]) -> bool:
        places = (f"{folder}/{library}" for folder in (*own, *system))
        return library in under.cached or any(map(has, places))

    def has(path: str) -> bool:
        return path in paths or under.has(path)

    faults = sorted(
        fault
        for fragment in fragments
        for each in fragment.objects
        for fault in _faults(each, found, architecture)
    )
    if faults:
        raise ClosureError(
            f"{image}: "
            + "; ".join(faults[:20])
            + " (add the package that has it, or exclude the file)"
        )


def _faults(
    each: Object, found: Callable[[str, Iterable[str]], bool], architecture: Architecture
) -> Iterable[str]:
    if each.elf.machine != architecture.elf:
        yield f"{each.path} is for another processor than {architecture.debian}"
        return
    own = [_expanded(folder, each.path) for folder in each.elf.runpath]
    for library in each.elf.needed:
        if not found(library, own):
            yield f"{each.path} needs {library}, which is not there"


def _expanded(folder: str, path: str) -> str:
    """A run path entry as a path in the image: `$ORIGIN` is the folder of the object itself."""
    origin = f"/{posixpath.dirname(path)}"
    for token in ("${ORIGIN}", "$ORIGIN"):
        folder = folder.replace(token, origin)
    return posixpath.normpath(folder).lstrip("/")
