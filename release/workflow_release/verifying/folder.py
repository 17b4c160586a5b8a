"""A release folder as a verifier meets it: names, sizes and bytes of files nobody vouches for yet.

Only regular files are ever opened, never through a link, and no more is read than was asked for.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from workflow_release.errors import VerificationError
from workflow_sbom.digest import CHUNK, Digest, Measured
from workflow_sbom.printable import printable

MAX_ENTRIES = 100_000
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_REMEDY = "get the release again from where it was published"
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Something in the folder: `oddity` says what it is when it is no regular file."""

    name: str
    size: int
    oddity: str | None = None


class Folder(Protocol):
    """Where the bytes under verification are. All methods raise `VerificationError`."""

    def present(self) -> tuple[Present, ...]:
        """Everything in the folder, by name."""
        ...

    def content(self, name: str, limit: int) -> bytes:
        """A whole file, which is at most `limit` bytes long."""
        ...

    def measure(self, name: str, limit: int) -> Measured:
        """Digest and size of a file that is at most `limit` bytes long, in constant memory."""
        ...


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """A folder of this machine, held open so that its name can't lead elsewhere meanwhile."""

    descriptor: int

    def present(self) -> tuple[Present, ...]:
        """See `Folder.present`."""
        try:
            with os.scandir(self.descriptor) as entries:
                found = [_present(entry) for entry in islice(entries, MAX_ENTRIES + 1)]
        except OSError as error:
            raise VerificationError(
                f"the folder can't be listed: {error.strerror}", remedy=_REMEDY
            ) from error
        if len(found) > MAX_ENTRIES:
            raise VerificationError(
                f"the folder holds more than {MAX_ENTRIES} files", remedy=_REMEDY
            )
        return tuple(sorted(found, key=lambda each: each.name))

    def content(self, name: str, limit: int) -> bytes:
        """See `Folder.content`."""
        return b"".join(self._chunks(name, limit))

    def measure(self, name: str, limit: int) -> Measured:
        """See `Folder.measure`."""
        state, size = hashlib.sha256(), 0
        for chunk in self._chunks(name, limit):
            state.update(chunk)
            size += len(chunk)
        return Measured(Digest(state.hexdigest()), size)

    def _chunks(self, name: str, limit: int) -> Iterator[bytes]:
        """The file's bytes, once, from one opening; a file that is longer is given up at once."""
        try:
            # Looked at before it is opened, for opening a device may already do something.
            before = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
            _require_regular(name, before.st_mode)
            descriptor = os.open(name, _READ, dir_fd=self.descriptor)
            try:
                status = os.fstat(descriptor)
                _require_regular(name, status.st_mode)
                _require_no_longer(name, status.st_size, limit)
                while chunk := os.read(descriptor, CHUNK):
                    limit -= len(chunk)
                    _require_no_longer(name, 0, limit)
                    yield chunk
            finally:
                os.close(descriptor)
        except FileNotFoundError as error:
            raise VerificationError(f"{printable(name)} is missing", remedy=_REMEDY) from error
        except OSError as error:
            raise VerificationError(
                f"{printable(name)} can't be read: {error.strerror}", remedy=_REMEDY
            ) from error


@contextmanager
def open_folder(path: Path) -> Iterator[Folder]:
    """Open a folder that the user named; raises `VerificationError` when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise VerificationError(
            f"{printable(str(path))}: {error.strerror}",
            remedy="name the folder that holds release.json",
        ) from error
    try:
        yield OpenFolder(descriptor)
    finally:
        os.close(descriptor)


def _present(entry: os.DirEntry[str]) -> Present:
    status = entry.stat(follow_symlinks=False)
    return Present(name=entry.name, size=status.st_size, oddity=_oddity(status.st_mode))


def _oddity(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    return next((words for holds, words in _KINDS if holds(mode)), "no regular file")


def _require_regular(name: str, mode: int) -> None:
    if oddity := _oddity(mode):
        raise VerificationError(f"{printable(name)} is {oddity}", remedy=_REMEDY)


def _require_no_longer(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise VerificationError(f"{printable(name)} is larger than it may be", remedy=_REMEDY)
