"""Files that only their owner may touch: read with suspicion, written whole or not at all.

Everything a signature or a decision to trust hangs on is read and written here.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 64 << 10
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OTHERS_READ = 0o077
OTHERS_WRITE = 0o022


class UnsafeFileError(Exception):
    """A file or folder that is not as its owner must keep it; `remedy` says how to mend it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def read(path: Path, *, forbidden: int) -> bytes:
    """A small regular file of this user's with none of the `forbidden` mode bits.

    Raises `UnsafeFileError`, and `FileNotFoundError` when there is none.
    """
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = "a symbolic link" if path.is_symlink() else (error.strerror or "unreadable")
        raise UnsafeFileError(
            f"{path}: {reason}", "put a regular file of your own there"
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeFileError(f"{path}: no regular file", "put a regular file there")
        _require_own(path, status, forbidden)
        data = os.read(descriptor, MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise UnsafeFileError(f"{path}: larger than {MAX_BYTES} bytes", "put a key there")
    return data


def require_folder(path: Path, *, forbidden: int) -> None:
    """Check a folder: this user's own, no link, none of the `forbidden` mode bits.

    Raises `UnsafeFileError`, and `FileNotFoundError` when there is none.
    """
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafeFileError(f"{path}: no folder, or a link to one", "put a folder there")
    _require_own(path, status, forbidden)


def make_folder(path: Path, *, forbidden: int) -> None:
    """Make a folder with mode 0700, or check the one that is there; raises `UnsafeFileError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            path.chmod(0o700)
        require_folder(path, forbidden=forbidden)
    except OSError as error:
        raise UnsafeFileError(f"{path}: {error.strerror}", "make the folder yourself") from error


def write_temporary(folder: Path, data: bytes, mode: int) -> Path:
    """A new file of a name nobody can foresee, its bytes on the disk; raises `OSError`."""
    path = folder / f".{secrets.token_hex(16)}"
    descriptor = os.open(path, _MAKE, mode)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchmod(descriptor, mode)
        stream.write(data)
        stream.flush()
        os.fsync(descriptor)
    return path


def replace(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole, in place of one that may be there; raises `OSError`."""
    write_temporary(path.parent, data, mode).replace(path)


def put_if_absent(path: Path, temporary: Path) -> bool:
    """Give a finished temporary file its name unless that is taken; says whether it was free.

    The temporary name is gone afterwards. Raises `OSError`.
    """
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def _require_own(path: Path, status: os.stat_result, forbidden: int) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        raise UnsafeFileError(f"{path}: belongs to another user", "use one of your own")
    if status.st_mode & forbidden:
        what = "read" if forbidden == OTHERS_READ else "written"
        letters = "go-rwx" if forbidden == OTHERS_READ else "go-w"
        raise UnsafeFileError(
            f"{path}: can be {what} by others (mode {stat.S_IMODE(status.st_mode):04o})",
            f"chmod {letters} {path}",
        )
