"""The contents of files that differ, side by side: one image's wait on disk for the other's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO

from workflow_containers.comparing import kinds
from workflow_containers.comparing.differences import Contents
from workflow_containers.comparing.layers import Opened
from workflow_containers.inspecting.survey import Found, Key, Survey, Visit, walks
from workflow_containers.inspecting.tarmembers import Head

MAX_EXPLAINED = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two images, and what stands in those of its layers that were read."""

    opened: Opened
    survey: Survey

    def holding(self, wanted: frozenset[Key]) -> tuple[int, ...]:
        """The layers to read again for those members: all up to the last that holds one."""
        last = max(self.survey.members[key].layer for key in wanted)
        return tuple(number for number in self.survey.layers if number <= last)


def differing(old: Side, new: Side) -> Mapping[Key, Contents]:
    """How the contents differ of each file that both have with other contents."""
    wanted = frozenset(
        key
        for key, found in old.survey.members.items()
        if _is_other(found, new.survey.members.get(key))
    )
    if not wanted:
        return {}
    with tempfile.TemporaryFile() as spool:
        places = _keep(old, wanted, spool)
        return _compare(new, places, spool)


def _is_other(found: Found, other: Found | None) -> bool:
    if other is None or not (found.head.is_file and other.head.is_file):
        return False
    return found.digest != other.digest


def _keep(side: Side, wanted: frozenset[Key], spool: IO[bytes]) -> Mapping[Key, tuple[int, int]]:
    """Put the contents of the wanted files in the spool: where each is, and its size."""
    places: dict[Key, tuple[int, int]] = {}

    def visit(key: Key, head: Head, pieces: Iterator[bytes]) -> None:
        if key in wanted:
            places[key] = (spool.tell(), head.size)
            spool.writelines(pieces)

    _read(side, wanted, visit)
    return places


def _compare(
    side: Side, places: Mapping[Key, tuple[int, int]], spool: IO[bytes]
) -> Mapping[Key, Contents]:
    """Hold each wanted file against the one in the spool."""
    found: dict[Key, Contents] = {}

    def visit(key: Key, head: Head, pieces: Iterator[bytes]) -> None:
        if key not in places:
            return
        offset, size = places[key]
        spool.seek(offset)
        if max(size, head.size) <= MAX_EXPLAINED:
            found[key] = kinds.explain(key.path, spool.read(size), b"".join(pieces))
        else:
            found[key] = Contents(format="bytes", offset=_first(spool, size, pieces))

    _read(side, frozenset(places), visit)
    return found


def _first(spool: IO[bytes], size: int, pieces: Iterator[bytes]) -> int:
    """The first offset that differs, of contents too large to hold in memory."""
    at = 0
    for piece in pieces:
        kept = spool.read(min(len(piece), size - at))
        if kept != piece:
            return at + kinds.first_difference(kept, piece)
        at += len(piece)
    return at


def _read(side: Side, wanted: frozenset[Key], visit: Visit[None]) -> None:
    for _, walk in walks(side.opened.layout, side.opened.image, side.holding(wanted), visit):
        for _ in walk.members():
            pass
