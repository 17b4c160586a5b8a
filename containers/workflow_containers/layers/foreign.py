"""Reading layers that others made: whatever a root may hold, owners, devices and whiteouts too.

Nothing is written anywhere here, and nothing followed. Format: OCI image specification 1.1,
layer.md; what engines do where it is silent: containerd's archive/tar.go.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, Protocol, cast

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import WHITEOUT, plain_path
from workflow_containers.layers.tarread import Header

MAX_MEMBERS = 1_000_000
MAX_DEPTH = 256
_OPAQUE = f"{WHITEOUT}{WHITEOUT}.opq"
_STEP = 256 << 10


class Readable(Protocol):
    """A member's bytes, to be read before the next member is asked for."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Regular:
    """A regular file: its bytes are read now or never."""

    path: str
    mode: int
    size: int
    content: Readable


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with its mode and its owner's numbers."""

    path: str
    mode: int
    owner: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, wherever it leads."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Hardlink:
    """Another name of a file."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Special:
    """A device or a pipe."""

    path: str


@dataclass(frozen=True, slots=True)
class Whiteout:
    """Takes away what lower layers have at a path."""

    path: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """Takes away all that lower layers have in a folder; the root's path is empty."""

    path: str


Member = Regular | Folder | Link | Hardlink | Special | Whiteout | Opaque


def members(stream: Readable, origin: str) -> Iterator[Member]:
    """The layer's members in their order; raises `MemberError` for what can't be one."""
    source = cast("BinaryIO", stream)
    try:
        with tarfile.open(
            fileobj=source, mode="r|", bufsize=_STEP, tarinfo=Header, encoding="utf-8"
        ) as archive:
            for count, info in enumerate(archive):
                if count >= MAX_MEMBERS:
                    raise MemberError(f"{origin}: more than {MAX_MEMBERS} members")
                archive.members = []  # type: ignore[attr-defined]  # it would keep them all
                path = _path(info.name, origin)
                if path and (found := _member(archive, info, path, origin)):
                    yield found
    except (tarfile.TarError, ValueError) as error:
        raise MemberError(f"{origin}: damaged: {error}") from error


def _path(name: str, origin: str) -> str:
    """The path from the root, which `./` and `/` may stand before, as engines take it."""
    path = name.removeprefix("./").strip("/")
    if path in {"", "."}:
        return ""
    if path.count("/") >= MAX_DEPTH:
        raise MemberError(f"{origin}: a path of more than {MAX_DEPTH} folders")
    folder, _, last = plain_path(path, origin).rpartition("/")
    if any(part.startswith(WHITEOUT) for part in folder.split("/")):
        raise MemberError(f"{origin}: {path[:120]!r} is in a folder that is a whiteout")
    if last in {WHITEOUT, f"{WHITEOUT}.", f"{WHITEOUT}.."}:
        raise MemberError(f"{origin}: {path[:120]!r} takes away what has no name")
    return path


def _member(
    archive: tarfile.TarFile, info: tarfile.TarInfo, path: str, origin: str
) -> Member | None:
    folder, slash, last = path.rpartition("/")
    if last == _OPAQUE:
        return Opaque(folder)
    if last.startswith(2 * WHITEOUT):
        return None  # notes that AUFS left for itself
    if last.startswith(WHITEOUT):
        return Whiteout(f"{folder}{slash}{last.removeprefix(WHITEOUT)}")
    if info.isdir():
        return Folder(path, info.mode & 0o7777, (info.uid, info.gid))
    if info.issym():
        return Link(path, _target(info.linkname, path))
    if info.islnk():
        return Hardlink(path, _path(info.linkname, origin))
    content = archive.extractfile(info) if info.isreg() else None
    if content is None:
        return Special(path)
    return Regular(path, info.mode & 0o7777, info.size, _Content(content, origin))


class _Content:
    """A member's bytes; what is wrong with the archive is told in our words."""

    def __init__(self, stream: IO[bytes], origin: str) -> None:
        self._stream = stream
        self._origin = origin

    def read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except tarfile.TarError as error:
            raise MemberError(f"{self._origin}: damaged: {error}") from error


def _target(target: str, path: str) -> str:
    if not target or "\0" in target or len(target.encode(errors="replace")) > 4096:
        raise MemberError(f"{path[:120]!r} links to {target[:120]!r}, which is no path")
    return target
