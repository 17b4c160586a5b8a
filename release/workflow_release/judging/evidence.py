"""What examining a built file showed: plain facts, no opinions; the gates have those.

Everything here was read from bytes that may come from anywhere, so every text is data: it is no
path, and a `Gate` makes it fit to be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workflow_containers.platform import Platform
from workflow_sbom.digest import Digest

MemberKind = Literal["file", "directory", "symlink", "hardlink", "device", "fifo", "other"]
ClaimKind = Literal["name", "version", "revision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of an archive, as its header says it.

    `mode` has the permission bits with setuid, setgid and sticky; 0 where the archive records none.
    `link` is a link's target as written. `archive` names the layer in an image and is empty
    elsewhere. `private_key`: the contents are, or hold, a private key in PEM.
    """

    path: str
    kind: MemberKind
    mode: int = 0
    link: str | None = None
    size: int = 0
    archive: str = ""
    private_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a file says about itself: its name, its version or the commit it is made from.

    `where` is the place inside the file (`METADATA`, `label … of linux/amd64`).
    """

    kind: ClaimKind
    value: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A command that was run to learn the version, its exit code and what it printed."""

    command: tuple[str, ...]
    code: int
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """Something that can't be run on this machine, and why (`linux/arm64`: other processor)."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the artifact of that name and digest was found to be.

    `platforms` are those it holds programs for. `requirements` are its `Requires-Dist`, or the
    modules in a Go program; `replaced` those modules that came from a folder. `licence_files` are
    the paths of the licence texts in it and `licence_expression` its `License-Expression`. `index`
    is the digest of an image's index. `unexplained` are the entries that nothing explains, each
    with the reason, and None when nobody looked. `faults` says what makes it no well-formed file of
    its kind.
    """

    artifact: str
    digest: Digest
    claims: tuple[Claim, ...] = ()
    platforms: tuple[Platform, ...] = ()
    requirements: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    licence_files: tuple[str, ...] = ()
    licence_expression: str | None = None
    members: tuple[Member, ...] = ()
    reported: tuple[Report | NotRun, ...] = ()
    index: Digest | None = None
    unexplained: tuple[str, ...] | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockEvidence:
    """A lock that artifacts were made from, and what in it is not pinned by a hash."""

    name: str
    digest: Digest
    unlocked: tuple[str, ...]
