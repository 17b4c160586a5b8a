"""A folder that receives each release whole, as `<folder>/<version>/`.

A release is written beside its final name and renamed into place, so a reader, or a run that is
killed, sees the old state or the new one. What is there already is compared by digest.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workflow_release.errors import TargetError
from workflow_release.model import Plan, Published
from workflow_release.targets.shipment import Item, Shipment
from workflow_sbom.digest import CHUNK, measure_file

_PARTIAL = ".partial-"
_IGNORE = b"*\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPublisher:
    """Publishes into `folder`, which must stay inside `root`; implements `Publisher`."""

    root: Path
    folder: Path

    def preflight(self, plan: Plan) -> tuple[str, ...]:
        """A folder of this version that another commit's release fills is in the way."""
        self._refuse_outside()
        final = self.folder / plan.version.render("file")
        if not final.exists():
            return ()
        commit = _commit_of(final)
        if commit == plan.source.commit:
            return ()
        return (f"{final} holds a release of {commit or 'something else'}",)

    def upload(self, _: Shipment, /) -> None:
        """Nothing: what lies beside the final name is renamed in the same step."""

    def publish(self, shipment: Shipment) -> tuple[Published, ...]:
        """Write the release beside its name, then rename it; raises `TargetError`."""
        self._refuse_outside()
        final = self.folder / shipment.plan.version.render("file")
        with self._locked():
            self._sweep()
            if final.exists():
                _refuse_different(final, shipment)
                return (Published(target="directory", location=str(final), created=False),)
            partial = self.folder / f"{_PARTIAL}{final.name}"
            partial.mkdir()
            partial.chmod(0o755)
            for item in shipment.items:
                _write(item, partial / item.name)
            _sync_folder(partial)
            partial.rename(final)
            _sync_folder(self.folder)
        return (Published(target="directory", location=str(final), created=True),)

    def advance(self, _: Shipment, /) -> tuple[Published, ...]:
        """Nothing: every folder is named by its version."""
        return ()

    def _refuse_outside(self) -> None:
        if not self.folder.resolve().is_relative_to(self.root.resolve()):
            raise TargetError(
                f"{self.folder} leads out of the repository",
                remedy="remove the symbolic link, or name another folder in release.toml",
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One publisher at a time; the folder keeps itself out of the repository's status."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _own(self.folder / ".gitignore") as ignore, _own(self.folder / ".lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            ignore.truncate(0)
            ignore.write(_IGNORE)
            ignore.flush()
            yield

    def _sweep(self) -> None:
        """Remove what a killed run left; under the lock no other run is writing."""
        for left in self.folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left)


def _own(path: Path) -> BinaryIO:
    """Open a file of this folder's own for writing; a link would lead the writing elsewhere."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644), "wb")
    except OSError as error:
        raise TargetError(
            f"{path}: can't be written: {error.strerror}",
            remedy="remove it if it is a link, and check whose folder this is",
        ) from error


def _write(item: Item, path: Path) -> None:
    """Write a file and hash what is written; bytes that changed since they were signed stop it."""
    state, size = hashlib.sha256(), 0
    with path.open("xb") as out:
        for chunk in _chunks(item):
            out.write(chunk)
            state.update(chunk)
            size += len(chunk)
        out.flush()
        os.fsync(out.fileno())
    path.chmod(0o644)
    if (state.hexdigest(), size) != (item.digest.hex, item.size):
        raise TargetError(
            f"{item.name} changed after it was signed",
            remedy="something else writes in the build cache; run the command again",
        )


def _chunks(item: Item) -> Iterator[bytes]:
    if isinstance(item.content, bytes):
        yield item.content
        return
    with item.content.open("rb") as stream:
        yield from _read(stream)


def _read(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _refuse_different(final: Path, shipment: Shipment) -> None:
    expected = {item.name: item.digest for item in shipment.items}
    there = {path.name for path in final.iterdir()}
    different = sorted(
        name
        for name in expected.keys() & there
        if (final / name).is_symlink() or measure_file(final / name).digest != expected[name]
    )
    faults = [
        *(f"{name} differs" for name in different),
        *(f"{name} is missing" for name in sorted(expected.keys() - there)),
        *(f"{name} is not part of it" for name in sorted(there - expected.keys())),
    ]
    if faults:
        raise TargetError(
            f"{final} holds another release of this version: {'; '.join(faults)}",
            remedy=f"a release is never overwritten; remove {final} to make it again",
        )


def _commit_of(final: Path) -> str | None:
    """The commit a release folder says it is of; None when it says nothing readable."""
    try:
        record = json.loads((final / "release.json").read_bytes())
        return str(record["plan"]["source"]["commit"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
