"""What can differ between two images, as values: `old` is the first image's, `new` the second's.

A closed union, `Difference`. `None` for `old` or `new` means that only the other image has it.
`where` is `index` or a platform.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar, assert_never, cast

from workflow_containers.inspecting.software import Package
from workflow_sbom.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A named thing with two values: a file's mode, a section of a program, a member of a zip."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """The lines that differ, from `line` on (counted from 1), after one that does not."""

    line: int
    before: str | None
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Other bytes: the format (`text`, `ELF` …), the first offset that differs, what is known.

    `parts` say what of it differs, and `more` how many are not listed; `hunk` shows it in text.
    """

    format: str
    offset: int
    parts: tuple[Attribute, ...] = ()
    more: int = 0
    hunk: Hunk | None = None


Change = Attribute | Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """A field of a document: `entrypoint`, `env PATH`, `label org.example.team`."""

    where: str
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A document that says the same in other bytes: other spaces, other order of keys."""

    where: str
    document: str
    old: Digest
    new: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOnly:
    """A platform that one of them has no image for; the manifest of the other."""

    where: str
    old: Digest | None
    new: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOnly:
    """A layer that one of them has no counterpart of; `layer` counts from 1."""

    where: str
    layer: int
    old: Digest | None
    new: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayersReordered:
    """Layers that both have, in another order: by the digests of their contents."""

    where: str
    old: tuple[Digest, ...]
    new: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recompressed:
    """A layer with the same contents, compressed by another compressor or at another level."""

    where: str
    contents: Digest
    old: Digest
    new: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A package or distribution that changed its version, came or went."""

    where: str
    package: Package
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOnly:
    """A member that one of them has not; what kind it is. `time` counts a path's repetitions."""

    where: str
    path: str
    time: int
    owner: Package | None
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanged:
    """A member that both have, and how it differs. `time` counts a path's repetitions."""

    where: str
    path: str
    time: int
    owner: Package | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """Members of two layers in another order: the first that differ.

    `layers` are the numbers of the layer in each image, from 1.
    """

    where: str
    layers: tuple[int, int]
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerEnd:
    """Two layers that end in another way: digests of the bytes after the last member."""

    where: str
    layers: tuple[int, int]
    old: str
    new: str


Difference = (
    Metadata
    | Rewritten
    | ImageOnly
    | LayerOnly
    | LayersReordered
    | Recompressed
    | Version
    | FileOnly
    | FileChanged
    | OrderChanged
    | LayerEnd
)

D = TypeVar("D", bound=Difference)


def mirrored(difference: Difference) -> Difference:
    """The same difference, seen from the other image."""
    match difference:
        case FileChanged(changes=changes):
            return replace(difference, changes=tuple(map(_mirrored, changes)))
        case OrderChanged(layers=numbers) | LayerEnd(layers=numbers):
            return replace(_swapped(difference), layers=numbers[::-1])
        case (
            Metadata() | Rewritten() | ImageOnly() | LayerOnly() | LayersReordered()
            | Recompressed() | Version() | FileOnly()
        ):  # fmt: skip
            return _swapped(difference)
        case _:
            assert_never(difference)


def _mirrored(change: Change) -> Change:
    match change:
        case Attribute():
            return replace(change, old=change.new, new=change.old)
        case Contents(parts=parts, hunk=hunk):
            turned = replace(hunk, old=hunk.new, new=hunk.old) if hunk else None
            swapped = (replace(part, old=part.new, new=part.old) for part in parts)
            return replace(change, parts=tuple(swapped), hunk=turned)
        case _:
            assert_never(change)


def _swapped(difference: D) -> D:
    turned: Any = difference
    return cast("D", replace(turned, old=turned.new, new=turned.old))
