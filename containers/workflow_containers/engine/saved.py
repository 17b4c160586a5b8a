"""Reading what `docker save` writes, and keeping it as our own archives have it.

Docker 20.10 writes folders of its own with `manifest.json`, newer ones an OCI layout that has the
same list: that alone is read. Layers come uncompressed or as gzip; either way their contents must
have the digests that the configuration names, and are compressed anew by the pinned compressor.
"""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, Self, cast

from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.layers import compress
from workflow_containers.layers.layer import Layer
from workflow_containers.layers.tarread import Header
from workflow_containers.oci.layout import MAX_BLOBS, MAX_DOCUMENT, MAX_LAYER
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import CHUNK, Digest
from workflow_sbom.errors import DigestError, DocumentError

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """An image that an engine handed over: its configuration as it was, its layers in the store."""

    config: Mapping[str, Any]
    layers: tuple[Layer, ...]


def read(stream: IO[bytes], store: Store) -> Saved:
    """Read an archive; raises `LayoutError` for one that is not what it says."""
    try:
        with tarfile.open(fileobj=stream, mode="r:", tarinfo=Header) as archive:
            return _Archive.open(archive).saved(store)
    except (tarfile.TarError, MemberError, OSError) as error:
        raise LayoutError(f"the engine's archive is damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class _Archive:
    """The archive's members by name."""

    archive: tarfile.TarFile
    members: Mapping[str, tarfile.TarInfo]

    @classmethod
    def open(cls, archive: tarfile.TarFile) -> Self:
        members: dict[str, tarfile.TarInfo] = {}
        for member in archive:
            if len(members) >= MAX_BLOBS:
                raise LayoutError(f"the engine's archive has more than {MAX_BLOBS} members")
            members[member.name.removesuffix("/")] = member
        return cls(archive, members)

    def saved(self, store: Store) -> Saved:
        listed = self._document("manifest.json")
        if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict):
            raise LayoutError("the engine's archive is not of one image")
        names = listed[0].get("Layers")
        config = self._document(str(listed[0].get("Config")))
        diff_ids = _diff_ids(config)
        if not isinstance(names, list) or len(names) != len(diff_ids):
            raise LayoutError("the engine's archive: layers and diff_ids differ in number")
        layers = tuple(
            self._layer(str(name), diff_id, store)
            for name, diff_id in zip(names, diff_ids, strict=True)
        )
        return Saved(config=config, layers=layers)

    def _document(self, name: str) -> Any:
        with self._open(name, MAX_DOCUMENT) as stream:
            try:
                return canonical.decode(stream.read(MAX_DOCUMENT))
            except DocumentError as error:
                raise LayoutError(f"the engine's archive: {name[:120]!r}: {error}") from error

    def _open(self, name: str, limit: int) -> IO[bytes]:
        """A file by its name; Docker 20.10 has links where two layers are the same."""
        member = self.members.get(name)
        if member is not None and member.issym():
            target = posixpath.join(posixpath.dirname(name), member.linkname)
            member = self.members.get(posixpath.normpath(target))
        if member is None or not member.isreg() or member.size > limit:
            raise LayoutError(f"the engine's archive has no {name[:120]!r} of bounded size")
        return cast("IO[bytes]", self.archive.extractfile(member))

    def _layer(self, name: str, diff_id: Digest, store: Store) -> Layer:
        with self._open(name, MAX_LAYER) as stream:
            layer = keep(stream, diff_id, store)
        if layer.diff_id != diff_id:
            raise LayoutError(f"the engine's archive: the layer {diff_id} has other contents")
        return layer


def _diff_ids(config: Any) -> tuple[Digest, ...]:
    rootfs = config.get("rootfs") if isinstance(config, dict) else None
    listed = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(listed, list):
        raise LayoutError("the engine's archive: a configuration without layers")
    try:
        return tuple(Digest.parse(str(each)) for each in listed)
    except DigestError as error:
        raise LayoutError(f"the engine's archive: {error}") from error


def keep(stream: IO[bytes], name: Digest, store: Store) -> Layer:
    """A layer's contents, compressed by the pinned compressor and kept in the store."""
    raw, raw_size = hashlib.sha256(), 0
    with store.writing() as out:
        packed = _Hashed(out)
        writer = compress.Member(packed)
        for piece in _pieces(stream):
            raw.update(piece)
            raw_size += len(piece)
            writer.write(piece)
        writer.finish()
        digest = Digest(packed.state.hexdigest())
        store.adopt(out, digest)
    return Layer(
        name=f"from the engine: {name.hex[:12]}",
        digest=digest,
        size=packed.size,
        diff_id=Digest(raw.hexdigest()),
        raw_size=raw_size,
    )


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    head = stream.read(len(_GZIP))
    stream.seek(0)
    if head == _GZIP:
        yield from compress.expand(cast("BinaryIO", stream), MAX_LAYER)
        return
    while data := stream.read(CHUNK):
        yield data


class _Hashed:
    """Passes bytes on and hashes them."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.state = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.state.update(data)
        self.size += len(data)
        self._stream.write(data)
