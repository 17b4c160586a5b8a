"""What may stand in an image: files, links and directories, with paths that were checked.

Paths are relative to the image's root, with `/` and without a leading one. Nothing else exists
here: no device, no socket, no file's owner but root, no time, no setuid bit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workflow_containers.errors import MemberError

MAX_PATH = 4096
MAX_NAME = 255
WHITEOUT = ".wh."
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check_path(path: str, origin: str) -> str:
    """The path, if it stays inside the root and layers can hold it; raises `MemberError`.

    `origin` names the package it comes from, for the message. `.wh.` names are whiteouts: in a
    layer they delete a file of another one (OCI image layer specification).
    """
    if any(part.startswith(WHITEOUT) for part in path.split("/")):
        raise MemberError(f"{origin}: {path[:120]!r} is a whiteout, which deletes a file")
    return plain_path(path, origin)


def plain_path(path: str, origin: str) -> str:
    """The path, if it stays inside the root; raises `MemberError`. It may be a whiteout."""
    shown = repr(path[:120])
    if not path or len(path.encode(errors="replace")) > MAX_PATH:
        raise MemberError(f"{origin}: a path that is empty or longer than {MAX_PATH} bytes")
    if _CONTROL.search(path):
        raise MemberError(f"{origin}: {shown} holds control characters")
    for part in path.split("/"):
        if part in {"", ".", ".."}:
            raise MemberError(f"{origin}: {shown} is absolute or not in its plain form")
        if len(part.encode()) > MAX_NAME:
            raise MemberError(f"{origin}: {shown} has a name longer than {MAX_NAME} bytes")
    return path


def check_link(path: str, target: str, origin: str) -> str:
    """A symbolic link's target, if it stays inside the root; raises `MemberError`."""
    if not target or len(target) > MAX_PATH or _CONTROL.search(target):
        raise MemberError(f"{origin}: {path!r} links to {target[:120]!r}, which is no path")
    depth = 0 if target.startswith("/") else path.count("/")
    for part in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            raise MemberError(f"{origin}: {path!r} links out of the root, to {target[:120]!r}")
    return target


def plain_mode(mode: int, path: str, origin: str) -> int:
    """A file's mode made plain, 0644 or 0755; raises `MemberError` for setuid and setgid."""
    if mode & 0o6000:
        raise MemberError(f"{origin}: {path!r} is setuid or setgid (mode {mode & 0o7777:04o})")
    return 0o755 if mode & 0o111 else 0o644


@dataclass(frozen=True, slots=True)
class File:
    """A regular file with its bytes; `mode` is 0644 or 0755."""

    path: str
    mode: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Hardlink:
    """Another name of the file `target`, which stands before it."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Directory:
    """A folder; those that files need are made without being named.

    `owner` are the numbers of a user and a group: a folder of a base is named with its own.
    """

    path: str
    mode: int = 0o755
    owner: tuple[int, int] = (0, 0)


Entry = File | Symlink | Hardlink | Directory

_MODES = {"tmp": 0o1777, "var/tmp": 0o1777, "root": 0o700}


def parents(path: str) -> Iterable[str]:
    """The folders above a path, nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def directory(path: str) -> Directory:
    """The folder with the mode it has in every image."""
    return Directory(path, _MODES.get(path, 0o755))
