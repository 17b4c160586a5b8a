"""Web interfaces: a gzipped tar archive whose `dist/` goes into the image."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import Entry, File
from workflow_containers.layers.tarread import Bounded, members

MAX_CONTENTS = 1 << 30


def entries(path: Path, destination: str) -> Iterator[Entry]:
    """The files under the archive's `dist/`, as `<destination>/dist/…`.

    `dist` stands at the archive's top or in its one top folder. Raises `MemberError`.
    """
    found = 0
    with gzip.open(path) as stream:
        bounded = Bounded(cast("BinaryIO", stream), MAX_CONTENTS, path.name)
        for entry in members(bounded, path.name):
            inside = _inside(entry.path)
            if isinstance(entry, File) and inside is not None:
                found += 1
                yield File(f"{destination}/{inside}", 0o644, entry.data)
    if not found:
        raise MemberError(f"{path.name}: no file under dist/")


def _inside(path: str) -> str | None:
    parts = path.split("/")
    for at in (0, 1):
        if parts[at : at + 1] == ["dist"]:
            return "/".join(parts[at:])
    return None
