"""The context of a Containerfile's build: files of a folder as one tar archive, the same each time.

Only what git tracks goes in, unless every file is asked for; `.dockerignore` takes from either.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from workflow_containers.errors import MemberError, ToolError
from workflow_containers.layers import tarstream
from workflow_containers.layers.entries import Symlink, check_link, check_path, directory, parents
from workflow_containers.run import Command, Run
from workflow_sbom.digest import CHUNK
from workflow_sbom.printable import printable

MAX_FILES = 50_000
MAX_BYTES = 2 << 30
_IGNORE = ".dockerignore"
_MAX_IGNORE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A folder and the Containerfile in it; `tracked` leaves out what git does not track."""

    folder: Path
    file: str
    tracked: bool = True

    def names(self, git: Git) -> tuple[str, ...]:
        """The files that go in, sorted; raises `MemberError` when the Containerfile does not."""
        if not self.folder.is_dir():
            raise MemberError(f"{self.folder}: no folder", remedy="name the context's folder")
        listed = git.tracked(self.folder) if self.tracked else tuple(_walk(self.folder))
        left = _without_ignored(self.folder, listed, self.file)
        if self.file not in left:
            raise MemberError(
                f"{self.folder}: no {printable(self.file[:120])} that goes in",
                remedy="name it with --file; commit it, or use --untracked",
            )
        return tuple(sorted(left))


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """The program `git`, to ask for what it tracks."""

    run: Run
    environment: Mapping[str, str] = field(repr=False)

    def tracked(self, folder: Path) -> tuple[str, ...]:
        """The files of a folder that git tracks; raises `ToolError`."""
        command = Command(
            argv=("git", "ls-files", "-z"), cwd=folder, env=self.environment, timeout=60
        )
        done = self.run(command)
        if done.code != 0:
            raise ToolError(
                f"git ls-files: {done.last_words}",
                remedy="build from a checkout, or use --untracked",
            )
        return tuple(os.fsdecode(name) for name in done.stdout.split(b"\0") if name)


def _walk(folder: Path) -> Iterator[str]:
    count = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            count += 1
            if count > MAX_FILES:
                raise _too_much(folder)
            yield (Path(parent, name)).relative_to(folder).as_posix()


def _without_ignored(folder: Path, names: Sequence[str], kept: str) -> list[str]:
    from docker.utils.build import PatternMatcher  # type: ignore[import-untyped]

    path = folder / _IGNORE
    if not path.is_file():
        return list(names)
    try:
        with path.open("rb") as stream:
            text = stream.read(_MAX_IGNORE).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise MemberError(f"{path}: can't be read: {error}", remedy="mend it") from error
    lines = [line.strip() for line in text.splitlines()]
    matcher = PatternMatcher([line for line in lines if line and line[0] != "#"] + [f"!{kept}"])
    return [name for name in names if not matcher.matches(name)]


def write(folder: Path, names: Sequence[str], stream: IO[bytes]) -> None:
    """Write the files as a tar archive; raises `MemberError` for what may not go in."""
    if len(names) > MAX_FILES:
        raise _too_much(folder)
    folders = {parent for name in names for parent in parents(name)}
    for parent in sorted(folders):
        stream.write(tarstream.encode(directory(check_path(parent, str(folder)))))
    left = MAX_BYTES
    for name in names:
        left -= _add(folder, check_path(name, str(folder)), stream, left)
    stream.write(tarstream.END)


def _add(folder: Path, name: str, stream: IO[bytes], left: int) -> int:
    """Write one file; its size."""
    path = folder / name
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            target = check_link(name, str(path.readlink()), str(folder))
            stream.write(tarstream.encode(Symlink(name, target)))
            return 0
        if not stat.S_ISREG(found.st_mode):
            raise MemberError(f"{path}: no regular file", remedy=f"name it in {_IGNORE}")
        if found.st_size > left:
            raise _too_much(folder)
        mode = 0o755 if found.st_mode & 0o111 else 0o644
        stream.write(tarstream.header(name, b"0", mode=mode, size=found.st_size))
        _copy(path, found.st_size, stream)
    except OSError as error:
        raise MemberError(f"{path}: can't be read: {error.strerror}") from error
    return found.st_size


def _copy(path: Path, size: int, stream: IO[bytes]) -> None:
    copied = 0
    with path.open("rb") as source:
        while data := source.read(min(CHUNK, size - copied)):
            copied += len(data)
            stream.write(data)
    if copied != size:
        raise MemberError(f"{path}: changed while it was read", remedy="build again")
    stream.write(bytes(-size % tarstream.BLOCK))


def _too_much(folder: Path) -> MemberError:
    return MemberError(
        f"{folder}: more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB",
        remedy=f"name what the build does not need in {_IGNORE}",
    )
