"""Blobs as `git cat-file --batch` prints them, streamed, and held to the id they are named by.

Git hands out what lies in its store without looking whether it still has the digest it is named
by, and cache keys name contents by these ids; so every blob is hashed as it is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from workflow_release.errors import BuildError
from workflow_sbom.digest import CHUNK

_REMEDY = "run `git fsck`; a partial clone must fetch everything first"


def wanted(names: Iterable[str]) -> bytes:
    """What to ask git for on its standard input: blobs by id."""
    return "".join(f"{name}\n" for name in names).encode()


def pieces(name: str, what: str, printed: BinaryIO) -> Iterator[bytes]:
    """The bytes of the blob that git prints next, in pieces; `what` names it in messages.

    Raises `BuildError` when git does not have it, or holds other bytes under that id.
    """
    found, _, rest = printed.readline(200).decode("ascii", "replace").partition(" ")
    kind, _, size = rest.rstrip("\n").partition(" ")
    if (found, kind) != (name, "blob") or not size.isdecimal():
        raise BuildError(f"{what}: git does not have it", remedy=_REMEDY)
    digest = hashlib.new("sha1" if len(name) == 40 else "sha256", usedforsecurity=False)
    digest.update(b"blob %d\0" % int(size))
    left = int(size)
    while left and (piece := printed.read(min(left, CHUNK))):
        left -= len(piece)
        digest.update(piece)
        yield piece
    if left or printed.read(1) != b"\n":
        raise BuildError(f"{what}: git stopped halfway", remedy=_REMEDY)
    if digest.hexdigest() != name:
        raise BuildError(f"{what}: git holds other bytes under the id {name}", remedy=_REMEDY)
