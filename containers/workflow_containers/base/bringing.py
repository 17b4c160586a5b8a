"""Bringing a base image into the store, by digest: from layouts that are on this machine.

An OCI layout (image specification 1.1, image-layout.md) is a folder, or a tar archive of it. What
its index says is not asked: content is found by digest, and checked as it comes.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from workflow_containers.base.documents import MAX_DOCUMENT, find
from workflow_containers.errors import IntegrityError, LayoutError, MemberError, MissingError
from workflow_containers.layers.tarread import Header
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.store import Store
from workflow_sbom.digest import CHUNK, Digest

MAX_LAYER = 8 << 30
_MAX_MEMBERS = 100_000
_BLOB = re.compile(r"(?:\./)?blobs/sha256/([0-9a-f]{64})", re.ASCII)


class Bring(Protocol):
    """Brings what a pinned reference names for a platform into the store, every blob of it.

    Raises `MissingError` when it is nowhere, another `ContainersError` when it can't be had.
    """

    def __call__(self, reference: Reference, platform: Platform, store: Store, /) -> None:
        """Bring it."""
        ...


class _Layout:
    """Where the blobs of a layout are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._places = {} if path.is_dir() else dict(_places(path))
        except (tarfile.TarError, MemberError, OSError, ValueError) as error:
            raise LayoutError(f"{path}: no OCI layout: {error}") from error

    def has(self, digest: Digest) -> bool:
        return digest in self._places or self._file(digest).is_file()

    @contextmanager
    def open(self, digest: Digest) -> Iterator[tuple[IO[bytes], int]]:
        """A blob's stream at its start, and its size; raises `MissingError`."""
        try:
            stream, size = self._opened(digest)
        except OSError as error:
            raise MissingError(
                f"{self._path}: {digest} can't be read: {error.strerror}",
                remedy="save the image again, with all its platforms",
            ) from error
        with stream:
            yield stream, size

    def _opened(self, digest: Digest) -> tuple[IO[bytes], int]:
        if digest not in self._places:
            path = self._file(digest)
            return path.open("rb"), path.stat().st_size
        offset, size = self._places[digest]
        stream = self._path.open("rb")
        stream.seek(offset)
        return stream, size

    def _file(self, digest: Digest) -> Path:
        return self._path / "blobs/sha256" / digest.hex

    def read(self, digest: Digest) -> bytes:
        """A document; raises `IntegrityError` for other bytes than those of its digest."""
        with self.open(digest) as (stream, size):
            data = stream.read(min(size, MAX_DOCUMENT + 1))
        if Digest.of(data) != digest:
            raise IntegrityError(
                f"{self._path}: {digest} has other bytes", remedy="save the image again"
            )
        return data

    def copy(self, digest: Digest, limit: int, store: Store) -> None:
        if store.has(digest):
            return
        state = hashlib.sha256()
        with self.open(digest) as (source, size), store.writing() as target:
            left = min(size, limit)
            while left > 0 and (data := source.read(min(CHUNK, left))):
                state.update(data)
                target.write(data)
                left -= len(data)
            if size > limit or state.hexdigest() != digest.hex:
                raise IntegrityError(
                    f"{self._path}: {digest} has other bytes", remedy="save the image again"
                )
            store.adopt(target, digest)


def _places(path: Path) -> Iterator[tuple[Digest, tuple[int, int]]]:
    with tarfile.open(path, mode="r:", tarinfo=Header) as archive:
        for count, member in enumerate(archive):
            if count > _MAX_MEMBERS:
                raise LayoutError(f"{path}: more than {_MAX_MEMBERS} members")
            if member.isreg() and (found := _BLOB.fullmatch(member.name)):
                yield Digest(found[1]), (member.offset_data, member.size)


def from_layouts(paths: Sequence[Path]) -> Bring:
    """Bring from OCI layouts, the first that has the reference's digest."""

    def bring(reference: Reference, platform: Platform, store: Store) -> None:
        digest = _pinned(reference)
        for path in paths:
            layout = _Layout(path)
            if layout.has(digest):
                _bring(layout, digest, platform, store, f"{path}: {reference}")
                return
        given = ", ".join(map(str, paths)) or "any layout, for none was given"
        raise MissingError(
            f"{reference}: not in {given}",
            remedy="give an OCI layout that has it (skopeo copy --all NAME oci-archive:FILE)",
        )

    return bring


def _bring(layout: _Layout, digest: Digest, platform: Platform, store: Store, origin: str) -> None:
    found = find(layout.read, digest, platform, origin)
    for document in found.documents:
        layout.copy(document, MAX_DOCUMENT, store)
    for layer in found.layers:
        layout.copy(layer.digest, MAX_LAYER, store)


def _pinned(reference: Reference) -> Digest:
    if reference.digest is None:
        raise MissingError(f"{reference} is pinned to no digest", remedy="pin it")
    return reference.digest
