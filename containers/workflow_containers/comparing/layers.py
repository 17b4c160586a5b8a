"""Which layers two images share, and which of the others are each other's counterparts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workflow_containers.comparing.differences import (
    Difference,
    LayerOnly,
    LayersReordered,
    Recompressed,
)
from workflow_containers.oci.layout import Image, LayerBlob, Layout
from workflow_sbom.digest import Digest


@dataclass(frozen=True, slots=True)
class Opened:
    """One of the two images, in its archive."""

    layout: Layout
    image: Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Layer numbers from 0: the shared ones of each image, and those to be read.

    `pairs` are the first of what is to be read with the first, and so on, as far as both go.
    """

    shared: tuple[tuple[int, ...], tuple[int, ...]]
    others: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Counterparts among the layers that differ."""
        return tuple(zip(*self.others, strict=False))


def pair(old: Image, new: Image) -> Paired:
    """Layers with the same contents are shared, wherever they stand."""
    ids = [tuple(layer.diff_id for layer in image.layers) for image in (old, new)]
    common = Counter(ids[0]) & Counter(ids[1])
    split = [_split(each, common) for each in ids]
    return Paired(shared=(split[0][0], split[1][0]), others=(split[0][1], split[1][1]))


def _split(
    ids: Sequence[Digest], common: Counter[Digest]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    left = Counter(common)
    shared: list[int] = []
    others: list[int] = []
    for number, each in enumerate(ids):
        (shared if left[each] > 0 else others).append(number)
        left[each] -= 1
    return tuple(shared), tuple(others)


def differences(where: str, old: Opened, new: Opened, paired: Paired) -> Iterator[Difference]:
    """What can be said of layers as wholes.

    One that says it has the same contents in other bytes is read: raises `LayoutError` for a lie.
    """
    yield from _shared(where, old, new, paired)
    for side, image in enumerate((old.image, new.image)):
        for number in paired.others[side][len(paired.pairs) :]:
            digest = image.layers[number].blob.digest
            there = (None, digest) if side else (digest, None)
            yield LayerOnly(where=where, layer=number + 1, old=there[0], new=there[1])


def _shared(where: str, old: Opened, new: Opened, paired: Paired) -> Iterator[Difference]:
    before, after = (
        [side.image.layers[number] for number in numbers]
        for side, numbers in zip((old, new), paired.shared, strict=True)
    )
    contents = [tuple(layer.diff_id for layer in each) for each in (before, after)]
    if contents[0] != contents[1]:
        yield LayersReordered(where=where, old=contents[0], new=contents[1])
    for one, other in zip(sorted(before, key=_contents), sorted(after, key=_contents), strict=True):
        if one.blob.digest != other.blob.digest:
            for side, layer in ((old, one), (new, other)):
                with side.layout.opened(layer):
                    pass  # the digest is held against the contents when it is closed
            yield Recompressed(
                where=where, contents=one.diff_id, old=one.blob.digest, new=other.blob.digest
            )


def _contents(layer: LayerBlob) -> str:
    return layer.diff_id.hex
