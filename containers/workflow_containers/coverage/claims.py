"""What a source says is in an image, and what there is: the two sides that are held together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from workflow_containers.layers import entries
from workflow_containers.layers.fragment import Object, Search
from workflow_sbom.archives.entry import Entry
from workflow_sbom.coverage.ledger import Generated, Owned
from workflow_sbom.digest import Digest

ROOT = "0:0"
_LINK_MODE = 0o777
_HARDLINK_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry as it stands somewhere: its mode, and `owner`, the numbers of user and group.

    `attributes` are the names of extended ones; no source brings any.
    """

    entry: Entry
    mode: int
    owner: str = ROOT
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """What has to stand at a path by a source, and what that would explain."""

    standing: Standing
    why: Owned | Generated

    @property
    def path(self) -> str:
        """Where it has to stand."""
        return self.standing.entry.path

    @property
    def source(self) -> str:
        """Who says so."""
        match self.why:
            case Owned(owner):
                return owner
            case Generated(rule):
                return f"the rule {rule}"
            case _ as never:
                assert_never(never)

    @classmethod
    def of(cls, entry: entries.Entry, why: Owned | Generated) -> Claim:
        """The claim that an entry, as images are written, stands there."""
        return cls(_standing(entry), why)


def _standing(entry: entries.Entry) -> Standing:
    match entry:
        case entries.File(path, mode, data):
            return Standing(Entry(path=path, kind="file", digest=Digest.of(data)), mode)
        case entries.Symlink(path, target):
            return Standing(Entry(path=path, kind="symlink", target=target), _LINK_MODE)
        case entries.Hardlink(path, target):
            return Standing(Entry(path=path, kind="hardlink", target=target), _HARDLINK_MODE)
        case entries.Directory(path, mode, owner):
            numbers = f"{owner[0]}:{owner[1]}"
            return Standing(Entry(path=path, kind="directory"), mode, numbers)
        case _:
            assert_never(entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All that one source says.

    `absent` has the paths that it would bring and that stay out of images, each with the reason;
    `folders` those it lists, by whom, and `needed` those it brings even when they are empty.
    `objects` and `searches` are what the dynamic linker would see.
    """

    claims: tuple[Claim, ...]
    absent: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Owned] = field(default_factory=dict)
    needed: tuple[Claim, ...] = ()
    objects: tuple[Object, ...] = ()
    searches: tuple[Search, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Where its files and links stand."""
        return tuple(claim.path for claim in self.claims)


Put = Callable[[entries.Entry], Iterable[entries.Entry]]
"""Where an entry comes to stand on what is under it: one entry, or none if it is there already."""
