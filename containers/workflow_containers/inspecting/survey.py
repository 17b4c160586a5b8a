"""Everything that stands in some layers of an image, in one reading and bounded memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Generic, NamedTuple, TypeVar, cast

from workflow_containers.errors import MemberError
from workflow_containers.inspecting import software
from workflow_containers.inspecting.software import Software
from workflow_containers.inspecting.tarmembers import Head, Member, TarMembers
from workflow_containers.layers.tarread import MAX_MEMBERS, Bounded
from workflow_containers.oci.layout import MAX_LAYER, Image, LayerBlob, Layout

T = TypeVar("T")
MAX_RECORDS = 32 << 20


class Key(NamedTuple):
    """A path, and which time it stands in the layers that are read: 1, 2 …"""

    path: str
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A member: the layer it is in (counted from 0), and the SHA-256 of its contents in hex."""

    head: Head
    framing: str
    digest: str
    layer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A layer that was read: uncompressed size in bytes, members in order, digest of its end."""

    size: int
    order: tuple[Key, ...]
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What stands in the layers that were read, by number from 0."""

    members: Mapping[Key, Found]
    layers: Mapping[int, Read]
    software: Software


Visit = Callable[[Key, Head, Iterator[bytes]], T]


def survey(layout: Layout, image: Image, numbers: Iterable[int]) -> Survey:
    """Read those layers of an image; raises `LayoutError` or `MemberError`."""
    notes = _Notes()
    members: dict[Key, Found] = {}
    layers: dict[int, Read] = {}
    for number, walk in walks(layout, image, numbers, notes.take):
        order = []
        for key, member in walk.members():
            order.append(key)
            members[key] = Found(
                head=member.head, framing=member.framing, digest=member.found, layer=number
            )
        layers[number] = Read(size=walk.size, order=tuple(order), end=walk.end)
        _require_bounded(layers, layout.path.name)
    return Survey(members=members, layers=layers, software=software.read(notes.records))


def _require_bounded(layers: Mapping[int, Read], origin: str) -> None:
    """What holds for one layer holds for all of them: many layers make no larger image."""
    if sum(len(each.order) for each in layers.values()) > MAX_MEMBERS:
        raise MemberError(f"{origin}: more than {MAX_MEMBERS} members in one image")
    if sum(each.size for each in layers.values()) > MAX_LAYER:
        raise MemberError(f"{origin}: an image that unpacks to more than {MAX_LAYER} bytes")


@dataclass(slots=True)
class _Notes:
    """Digests contents as they go by, and keeps those of records, as many as are read."""

    records: dict[str, bytes] = field(default_factory=dict)
    size: int = 0

    def take(self, key: Key, head: Head, pieces: Iterator[bytes]) -> str:
        state, kept = hashlib.sha256(), bytearray()
        wanted = head.is_file and software.RECORDS.fullmatch(key.path) is not None
        for piece in pieces:
            state.update(piece)
            if wanted and self.size + len(kept) <= MAX_RECORDS:
                kept += piece
        if wanted:
            self.records[key.path] = bytes(kept)
            self.size += len(kept)
        return state.hexdigest()


class Walk(Generic[T]):
    """A layer being read; when all members were, `size` counts its uncompressed bytes and `end`
    digests those after the last.
    """

    def __init__(
        self, layout: Layout, layer: LayerBlob, times: Counter[str], visit: Visit[T]
    ) -> None:
        self._layout = layout
        self._layer = layer
        self._times = times
        self._visit = visit
        self.size = 0
        self.end = ""

    def members(self) -> Iterator[tuple[Key, Member[T]]]:
        """Each member, once it was visited."""
        origin = self._layout.path.name
        with self._layout.opened(self._layer) as contents:
            stream = Bounded(cast("BinaryIO", contents), MAX_LAYER, origin)
            archive = TarMembers(stream, f"{origin}: {self._layer.blob.digest}")
            for member in archive.members(self._keyed):
                yield Key(member.head.path, self._times[member.head.path]), member
        self.size, self.end = contents.size, archive.end

    def _keyed(self, head: Head, pieces: Iterator[bytes]) -> T:
        self._times[head.path] += 1
        return self._visit(Key(head.path, self._times[head.path]), head, pieces)


def walks(
    layout: Layout, image: Image, numbers: Iterable[int], visit: Visit[T]
) -> Iterator[tuple[int, Walk[T]]]:
    """Each of the layers, to be read before the next is asked for."""
    times: Counter[str] = Counter()
    for number in numbers:
        yield number, Walk(layout, image.layers[number], times, visit)
