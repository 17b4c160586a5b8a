"""Reading OCI layout archives from outside: bounded, and every byte checked before it is used.

An archive holds what its index names and nothing else; a blob is read only after its digest was
found to be right; a layer's contents must have the digest that the configuration promises.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Self, cast

from workflow_containers.errors import LayoutError, MemberError, PlatformError
from workflow_containers.layers import compress, foreign
from workflow_containers.layers.entries import Entry
from workflow_containers.layers.extract import Open
from workflow_containers.layers.layer import GZIP, TAR
from workflow_containers.layers.tarread import Bounded, Header, members
from workflow_containers.layers.tree import Merging, Tree
from workflow_containers.layers.unpacking import Contents
from workflow_containers.oci import image
from workflow_containers.oci.archive import BLOBS
from workflow_containers.oci.content import Content
from workflow_containers.oci.descriptor import Descriptor, read_annotations
from workflow_containers.platform import Platform
from workflow_sbom import canonical
from workflow_sbom.digest import CHUNK, Digest
from workflow_sbom.errors import DigestError, DocumentError

MAX_BLOBS = 10_000
MAX_DOCUMENT = 4 << 20
MAX_LAYER = 8 << 30
_BLOB = re.compile(rf"{BLOBS}/([0-9a-f]{{64}})", re.ASCII)
_TOP = {"oci-layout", "index.json", "manifest.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBlob:
    """A layer as the manifest has it, and the digest of its uncompressed tar."""

    blob: Descriptor
    diff_id: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One platform's image."""

    platform: Platform
    manifest: Digest
    config_digest: Digest
    config: Mapping[str, Any]
    annotations: Mapping[str, str]
    layers: tuple[LayerBlob, ...]

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """The program and its first arguments."""
        execution = self.config.get("config")
        found = execution.get("Entrypoint") if isinstance(execution, dict) else None
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def renewed_lock(self) -> Digest | None:
        """The lock of Debian packages that was resolved again for it; raises `DigestError`."""
        execution = self.config.get("config")
        labels = execution.get("Labels") if isinstance(execution, dict) else None
        found = labels.get(image.RENEWED_LOCK) if isinstance(labels, dict) else None
        return None if found is None else Digest.parse(str(found))


class Layout:
    """An open archive; raises `LayoutError` for one that is not exactly what it says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream = _opened(path)
        try:
            self._places = _places(self._stream)
            self._check_digests()
            self.version, self.index = self._root()
            self.images = tuple(self._images())
            self._check_nothing_else()
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def image(self, platform: Platform) -> Image:
        """The image for a platform; raises `LayoutError` when there is none."""
        for each in self.images:
            if each.platform == platform:
                return each
        known = ", ".join(str(each.platform) for each in self.images)
        raise LayoutError(f"{self.path.name}: no image for {platform}; it has {known}")

    def entries(self, layer: LayerBlob) -> Iterator[Entry]:
        """A layer's contents; raises `LayoutError` at the end when their digest is another one."""
        with self.opened(layer) as contents:
            source = cast("BinaryIO", contents)
            yield from members(Bounded(source, MAX_LAYER, self.path.name), "layer")

    @contextmanager
    def opened(self, layer: LayerBlob) -> Iterator[Contents]:
        """A layer's bytes; raises `LayoutError` at the end when their digest is another one."""
        offset, size = self._places[f"{BLOBS}/{layer.blob.digest.hex}"]
        window = _Window(self._stream, offset, size)
        gzipped = layer.blob.media_type == GZIP
        contents = Contents(
            compress.expand(cast("BinaryIO", window), MAX_LAYER) if gzipped else window.pieces()
        )
        yield contents
        contents.drain()
        if contents.digest() != layer.diff_id:
            raise LayoutError(f"{self.path.name}: the layer {layer.blob.digest} has other contents")

    @property
    def names(self) -> Mapping[str, str]:
        """What the archive calls its index: the annotations of `index.json`'s entry."""
        entry = _objects(self._document("index.json"), "manifests")[0]
        return read_annotations(entry, self.path.name)

    def document(self, digest: Digest) -> bytes:
        """The bytes of a document that is in the archive; raises `LayoutError`."""
        return self._read(f"{BLOBS}/{digest.hex}")

    def content(self, digest: Digest) -> Content:
        """A blob that is in the archive; raises `LayoutError`. Good while the archive is open."""
        name = f"{BLOBS}/{digest.hex}"
        if name not in self._places:
            raise LayoutError(f"{self.path.name}: no {name}")
        offset, size = self._places[name]
        return Content.in_file(self._stream.fileno(), offset, size, digest)

    def opener(self, of: Image) -> Open:
        """Opens an image's layers by number."""
        return lambda number: self.opened(of.layers[number])

    def tree(self, of: Image, kept: re.Pattern[str]) -> Tree:
        """An image's merged root, with the bytes of the files whose path matches `kept`."""
        merging = Merging(kept)
        for number, layer in enumerate(of.layers):
            with self.opened(layer) as contents:
                merging.add(number, foreign.members(contents, f"layer {number + 1}"))
        return merging.tree()

    def _read(self, name: str) -> bytes:
        if name not in self._places:
            raise LayoutError(f"{self.path.name}: no {name}")
        offset, size = self._places[name]
        if size > MAX_DOCUMENT:
            raise LayoutError(f"{self.path.name}: {name} holds {size} bytes")
        self._stream.seek(offset)
        return self._stream.read(size)

    def _document(self, name: str) -> dict[str, Any]:
        try:
            value = canonical.decode(self._read(name))
        except DocumentError as error:
            raise LayoutError(f"{self.path.name}: {name}: {error}") from error
        if not isinstance(value, dict):
            raise LayoutError(f"{self.path.name}: {name} is no object")
        return value

    def _check_digests(self) -> None:
        for name, (offset, size) in self._places.items():
            if match := _BLOB.fullmatch(name):
                window, state = _Window(self._stream, offset, size), hashlib.sha256()
                while data := window.read(CHUNK):
                    state.update(data)
                if state.hexdigest() != match[1]:
                    raise LayoutError(f"{self.path.name}: {name} has another digest")

    def _root(self) -> tuple[str, Digest]:
        """The version the archive is named by, and its image index."""
        if self._document("oci-layout").get("imageLayoutVersion") != "1.0.0":
            raise LayoutError(f"{self.path.name}: no OCI layout of version 1.0.0")
        entries = _objects(self._document("index.json"), "manifests")
        if len(entries) != 1:
            raise LayoutError(f"{self.path.name}: {len(entries)} entries in index.json, not one")
        blob = self._blob(entries[0], image.INDEX)
        return read_annotations(entries[0], self.path.name).get(image.REF_NAME, ""), blob.digest

    def _blob(self, entry: Mapping[str, Any], *kinds: str) -> Descriptor:
        """A descriptor of one of the kinds; its blob is in the archive with the size it says."""
        found = Descriptor.read(entry, self.path.name)
        place = self._places.get(f"{BLOBS}/{found.digest.hex}")
        if found.media_type not in kinds or place is None or found.size != place[1]:
            raise LayoutError(
                f"{self.path.name}: {found.digest} is not there, has another size"
                f" or is no {kinds[0]} ({found.media_type!r})"
            )
        return found

    def _images(self) -> Iterator[Image]:
        for entry in _objects(self._document(f"{BLOBS}/{self.index.hex}"), "manifests"):
            yield self._image(entry)

    def _image(self, entry: Mapping[str, Any]) -> Image:
        manifest_blob = self._blob(entry, image.MANIFEST)
        manifest = self._document(f"{BLOBS}/{manifest_blob.digest.hex}")
        config_blob = self._blob(_object(manifest, "config"), image.CONFIG)
        config = self._document(f"{BLOBS}/{config_blob.digest.hex}")
        platform = _platform(_object(entry, "platform"), self.path.name)
        if _platform(config, self.path.name) != platform:
            raise LayoutError(f"{self.path.name}: the index and the image differ in platform")
        blobs = [self._blob(each, GZIP, TAR) for each in _objects(manifest, "layers")]
        return Image(
            platform=platform,
            manifest=manifest_blob.digest,
            config_digest=config_blob.digest,
            config=config,
            annotations=read_annotations(manifest, self.path.name),
            layers=tuple(self._layers(blobs, config)),
        )

    def _layers(self, blobs: list[Descriptor], config: Mapping[str, Any]) -> Iterator[LayerBlob]:
        listed = _object(config, "rootfs").get("diff_ids")
        if not isinstance(listed, list) or len(listed) != len(blobs):
            raise LayoutError(f"{self.path.name}: layers and diff_ids differ in number")
        for blob, diff_id in zip(blobs, listed, strict=True):
            try:
                yield LayerBlob(blob=blob, diff_id=Digest.parse(str(diff_id)))
            except DigestError as error:
                raise LayoutError(f"{self.path.name}: {error}") from error

    def _check_nothing_else(self) -> None:
        named = {self.index}
        for each in self.images:
            named |= {each.manifest, each.config_digest, *(x.blob.digest for x in each.layers)}
        wanted = {f"{BLOBS}/{digest.hex}" for digest in named}
        extra = sorted(self._places.keys() - wanted - _TOP)
        if extra:
            raise LayoutError(f"{self.path.name}: {extra[0]!r} is there and nothing names it")


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise LayoutError(
            f"{path}: {error.strerror}", remedy="name an OCI layout archive, as a build makes it"
        ) from error


def _places(stream: IO[bytes]) -> dict[str, tuple[int, int]]:
    """Where each file of the archive is: offset and size, by name."""
    places: dict[str, tuple[int, int]] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r:", tarinfo=Header, encoding="utf-8") as archive:
            for count, member in enumerate(archive):
                name = member.name
                if count > MAX_BLOBS:
                    raise LayoutError(f"more than {MAX_BLOBS} members")
                if member.isdir() and name in {"blobs", BLOBS}:
                    continue
                if not member.isreg() or not (name in _TOP or _BLOB.fullmatch(name)):
                    raise LayoutError(f"{name[:120]!r} has no place in an OCI layout")
                if name in places:
                    raise LayoutError(f"{name[:120]!r} stands twice")
                places[name] = (member.offset_data, member.size)
    except (tarfile.TarError, MemberError, OSError, ValueError) as error:
        raise LayoutError(f"no tar archive: {error}") from error
    return places


def _objects(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = table.get(key)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise LayoutError(f"{key!r} is no list of objects")
    return found


def _object(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = table.get(key)
    if not isinstance(found, dict):
        raise LayoutError(f"{key!r} is no object")
    return found


def _platform(table: Mapping[str, Any], origin: str) -> Platform:
    try:
        return Platform(str(table.get("os")), str(table.get("architecture")))
    except PlatformError as error:
        raise LayoutError(f"{origin}: {error}") from error


class _Window:
    """A part of a file as a stream of its own; others may read the file between two reads."""

    def __init__(self, stream: IO[bytes], offset: int, size: int) -> None:
        self._stream = stream
        self._at = offset
        self._end = offset + size

    def pieces(self) -> Iterator[bytes]:
        while data := self.read(CHUNK):
            yield data

    def read(self, size: int) -> bytes:
        self._stream.seek(self._at)
        data = self._stream.read(min(size, self._end - self._at))
        self._at += len(data)
        return data
