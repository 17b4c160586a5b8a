"""The Docker configuration: read with suspicion, changed whole or not at all, its owner's alone.

`config.json` in DOCKER_CONFIG, else in ~/.docker (docs.docker.com, "docker CLI configuration
files"). What others keep in it stays as it is.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from workflow_containers.errors import CredentialsError
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError

MAX_BYTES = 1 << 20
_NAME = "config.json"
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS_WRITE = 0o022
_MEND = "mend or remove the file"


def path(environment: Mapping[str, str]) -> Path:
    """Where the configuration is."""
    if named := environment.get("DOCKER_CONFIG"):
        return Path(named).absolute() / _NAME
    return Path(environment.get("HOME") or Path.home()) / ".docker" / _NAME


def read(file: Path) -> dict[str, Any]:
    """The configuration, empty when there is none; raises `CredentialsError`."""
    try:
        descriptor = os.open(file, _READ)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _error(
            file, f"can't be read: {error.strerror}", "check its owner and mode"
        ) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _error(file, "no regular file", _MEND)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            data = stream.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    try:
        config = canonical.decode(data, limit=MAX_BYTES)
    except DocumentError:
        raise _error(file, "no JSON document that can be read", _MEND) from None  # it has secrets
    if not isinstance(config, dict):
        raise _error(file, "no JSON object", _MEND)
    return config


def entries(config: Mapping[str, Any], key: str, file: Path) -> Mapping[str, Any]:
    """The table under a key, empty when there is none; raises `CredentialsError`."""
    table = config.get(key)
    if table is not None and not isinstance(table, dict):
        raise _error(file, f"{key} is no object", _MEND)
    return table or {}


def helper_name(config: Mapping[str, Any], file: Path, *names: str) -> str | None:
    """The credential helper for a server, by any of its names; raises `CredentialsError`."""
    helpers = entries(config, "credHelpers", file)
    chosen = next((helpers[name] for name in names if name in helpers), config.get("credsStore"))
    if chosen is not None and not isinstance(chosen, str):
        raise _error(file, "a credential helper whose name is no text", _MEND)
    return chosen or None


def change(file: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change the configuration in one step, alone; raises `CredentialsError`.

    The folder is made for its owner only, and the file is then readable by its owner only. Refused
    are a folder that others may write, and a file that is a link or somebody else's.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(file.parent) as folder:
            _require_own(file, folder)
            config = read(file)
            edit(config)
            text = json.dumps(config, ensure_ascii=False, indent="\t", default=float)
            _replace(folder, f"{text}\n".encode())
    except OSError as error:
        remedy = "check owner and mode of the folder, and the disk"
        raise _error(file, f"can't be written: {error.strerror}", remedy) from error


@contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """The open folder, which no other `change` has at the same time."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _require_unshared(folder, os.fstat(descriptor))
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _require_own(file: Path, folder: int) -> None:
    try:
        status = os.stat(file.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(status.st_mode):
        raise _error(file, "a symbolic link", "put the file itself there, or set DOCKER_CONFIG")
    if not stat.S_ISREG(status.st_mode):
        raise _error(file, "no regular file", _MEND)
    _require_unshared(file, status)


def _require_unshared(place: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        raise _error(place, "belongs to another user", "set DOCKER_CONFIG to a folder of your own")
    if status.st_mode & _OTHERS_WRITE:
        raise _error(place, "can be written by others", f"chmod go-w {place}")


def _replace(folder: int, data: bytes) -> None:
    """Write the file in place of the one that may be there: whole, on the disk, mode 0600."""
    temporary = f".{_NAME}.{secrets.token_hex(16)}"
    descriptor = os.open(temporary, _MAKE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, 0o600)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        os.replace(temporary, _NAME, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def _error(place: Path, what: str, remedy: str) -> CredentialsError:
    return CredentialsError(f"{place}: {what}", remedy=remedy)
