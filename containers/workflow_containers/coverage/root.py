"""The final root of an image's layers, with every field of every header that could matter.

Layers that are built here name each path once and take nothing away. Where others do, that is
told of the entry itself: whoever hides a file or replaces one has something to explain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflow_containers.coverage.claims import Standing
from workflow_containers.errors import MemberError
from workflow_containers.inspecting.survey import Found, survey
from workflow_containers.layers.entries import WHITEOUT
from workflow_containers.layers.foreign import MAX_DEPTH
from workflow_containers.oci.layout import Image, Layout
from workflow_sbom.archives.entry import Entry, Kind
from workflow_sbom.digest import Digest

_OPAQUE = f"{WHITEOUT}{WHITEOUT}.opq"
_KINDS: Mapping[str, Kind] = {
    "file": "file",
    "hard link": "hardlink",
    "symbolic link": "symlink",
    "character device": "device",
    "block device": "device",
    "folder": "directory",
    "pipe": "fifo",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """What stands at a path in the end, and what is wrong with it whatever it should be."""

    standing: Standing
    fault: str | None


def read(layout: Layout, image: Image, below: int) -> tuple[There, ...]:
    """The root of an image's layers from number `below` on, each path once.

    Raises `LayoutError` or `MemberError`, for more than any image holds as well.
    """
    found = survey(layout, image, range(below, len(image.layers)))
    by_path: dict[str, list[Found]] = {}
    for key, member in found.members.items():
        if key.path.count("/") >= MAX_DEPTH:
            raise MemberError(f"{image.platform}: a path of more than {MAX_DEPTH} folders")
        by_path.setdefault(key.path, []).append(member)
    hidden = _Hidden.of(by_path)
    return tuple(
        There(standing=_standing(members[-1], image), fault=_fault(path, members))
        for path, members in by_path.items()
        if not hidden.hides(path, members[-1].layer)
    )


def _standing(found: Found, image: Image) -> Standing:
    head = found.head
    kind = _KINDS.get(head.kind)
    if kind is None:
        raise MemberError(f"{head.path[:120]!r} for {image.platform} is a {head.kind}")
    entry = Entry(
        path=head.path,
        kind=kind,
        digest=Digest(found.digest) if kind == "file" else None,
        target=head.target if kind in {"symlink", "hardlink"} else None,
    )
    return Standing(entry, head.mode, head.owner, tuple(key for key, _ in head.extensions))


def _fault(path: str, members: Sequence[Found]) -> str | None:
    if path.rpartition("/")[2].startswith(WHITEOUT):
        return "takes away what other layers have"
    if _distinct(members) > 1:
        return "stands twice, and not the same"
    return None


def _distinct(members: Sequence[Found]) -> int:
    """How many there are, a folder that is named again the same way counted once."""
    heads = {(each.head.mode, each.head.owner, each.head.extensions) for each in members}
    folders = all(each.head.kind == "folder" for each in members)
    layers = {each.layer for each in members}
    return len(heads) if folders and len(layers) == len(members) else len(members)


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What whiteouts take away: by path, the highest layer that takes it and all below it."""

    whole: Mapping[str, int]
    inside: Mapping[str, int]

    @classmethod
    def of(cls, by_path: Mapping[str, Sequence[Found]]) -> _Hidden:
        whole: dict[str, int] = {}
        inside: dict[str, int] = {}
        for path, members in by_path.items():
            folder, slash, name = path.rpartition("/")
            if name == _OPAQUE:
                inside[folder] = members[-1].layer
            elif name.startswith(WHITEOUT):
                whole[f"{folder}{slash}{name.removeprefix(WHITEOUT)}"] = members[-1].layer
        return cls(whole, inside)

    def hides(self, path: str, layer: int) -> bool:
        """Whether a path of that layer is not seen in the end."""
        if not self.whole and not self.inside:
            return False
        return self.whole.get(path, -1) > layer or any(
            max(self.whole.get(folder, -1), self.inside.get(folder, -1)) > layer
            for folder in _above(path)
        )


def _above(path: str) -> Iterator[str]:
    """The folders above a path, the root itself last."""
    while path:
        path = path.rpartition("/")[0]
        yield path
