"""Writing an OCI image layout (image specification 1.1, image-layout.md) as one tar archive.

`manifest.json` is Docker's own list: `docker load` of engines without the containerd store reads
it and nothing else. It names the same configurations and layers, one entry a platform, tagged
`<name>:<version>-<architecture>`; OCI readers go by `index.json` and leave it alone.

containerd, and so Docker with its store, names what it imports by an annotation of its own. Without
it the name is the bare version, under which Docker says it has loaded the image and finds none.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workflow_containers.errors import DefinitionError, LayoutError
from workflow_containers.layers import tarstream
from workflow_containers.layers.compress import Sink
from workflow_containers.layers.entries import Directory, File
from workflow_containers.layers.layer import Layer
from workflow_containers.oci import image
from workflow_containers.oci.image import Document
from workflow_containers.platform import Platform
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import CHUNK, Digest, Measured, measure_file
from workflow_sbom.errors import Fault

MEDIA_TYPE = "application/vnd.oci.image.layout.v1+tar"
BLOBS = "blobs/sha256"
# What Docker makes of a name without a registry, in full: it finds an image by no other form.
_NORMAL = "docker.io/library"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One platform's finished documents and layers."""

    platform: Platform
    configuration: Document
    manifest: Document
    layers: tuple[Layer, ...]


class Stored(Protocol):
    """A layer that is in the store."""

    @property
    def digest(self) -> Digest:
        """Of its bytes there."""
        ...

    @property
    def size(self) -> int:
        """In bytes."""
        ...


class Finished(Protocol):
    """One platform's image, built or fetched."""

    @property
    def platform(self) -> Platform:
        """What it runs on."""
        ...

    @property
    def configuration(self) -> Document:
        """How it is run."""
        ...

    @property
    def manifest(self) -> Document:
        """What it consists of."""
        ...

    @property
    def layers(self) -> Sequence[Stored]:
        """The lowest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that goes into an archive: the image's name, its version as a tag, its documents."""

    name: str
    version: str
    index: Document
    images: Sequence[Finished]

    def __post_init__(self) -> None:
        if not _TAG.fullmatch(self.version):
            fault = Fault("version", f"{self.version[:80]!r} is no OCI tag")
            raise DefinitionError(self.name, [fault])


def save(contents: Contents, store: Store, destination: Path) -> Measured:
    """Write the archive to a file, which appears whole or not at all; its digest and size."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=destination.parent, delete=False) as stream:
        try:
            hashing = _Hashing(stream)
            write(contents, store, hashing)
            stream.flush()
            Path(stream.name).chmod(0o644)
            Path(stream.name).replace(destination)
        finally:
            Path(stream.name).unlink(missing_ok=True)
    return hashing.measured()


def ensure(contents: Contents, store: Store, destination: Path, rules: Digest) -> Measured:
    """As `save`, but a file that was written before and has the bytes stays as it is.

    `rules` digests what decides the bytes beside the contents: this package.
    """
    names = ("archive", rules.hex, contents.name, contents.version, contents.index.digest.hex)
    key = Digest.of(canonical.encode(names))
    if (there := _there(destination, store.recall(key))) is not None:
        return there
    measured = save(contents, store, destination)
    store.remember(key, [measured.digest.hex, measured.size])
    return measured


def _there(destination: Path, known: tuple[str, int] | None) -> Measured | None:
    """The file, if it is the one that was written before."""
    try:
        if known is None or destination.stat().st_size != known[1]:
            return None
        found = measure_file(destination)
    except OSError:
        return None
    return found if found.digest.hex == known[0] else None


class _Hashing:
    """Passes bytes on and hashes them."""

    def __init__(self, stream: Sink) -> None:
        self._stream = stream
        self._state = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._state.update(data)
        self._size += len(data)
        self._stream.write(data)

    def measured(self) -> Measured:
        return Measured(Digest(self._state.hexdigest()), self._size)


def write(contents: Contents, store: Store, stream: Sink) -> None:
    """Write the archive; raises `LayoutError` when a layer in the store is not what it was."""
    small = _small(contents)
    layers = {layer.digest: layer for built in contents.images for layer in built.layers}
    names = {f"{BLOBS}/{digest.hex}": layer for digest, layer in layers.items()}
    for folder in ("blobs", BLOBS):
        stream.write(tarstream.encode(Directory(folder)))
    for path in sorted({*small, *names}):
        if path in small:
            stream.write(tarstream.encode(File(path, 0o644, small[path])))
        else:
            _copy(names[path], path, store, stream)
    stream.write(tarstream.END)


def _small(contents: Contents) -> Mapping[str, bytes]:
    documents = [contents.index]
    for built in contents.images:
        documents += [built.configuration, built.manifest]
    names = {
        image.REF_NAME: contents.version,
        image.CONTAINERD_NAME: f"{_NORMAL}/{contents.name}:{contents.version}",
    }
    entry = contents.index.descriptor() | {"annotations": names}
    root: canonical.Json = {"schemaVersion": 2, "mediaType": image.INDEX, "manifests": [entry]}
    return {
        **{f"{BLOBS}/{document.digest.hex}": document.data for document in documents},
        "index.json": canonical.encode(root),
        "manifest.json": canonical.encode(_docker(contents)),
        "oci-layout": canonical.encode({"imageLayoutVersion": "1.0.0"}),
    }


def _docker(contents: Contents) -> Sequence[canonical.Json]:
    return [
        {
            "Config": f"{BLOBS}/{built.configuration.digest.hex}",
            "RepoTags": [f"{contents.name}:{contents.version}-{built.platform.architecture}"],
            "Layers": [f"{BLOBS}/{layer.digest.hex}" for layer in built.layers],
        }
        for built in contents.images
    ]


def _copy(layer: Stored, path: str, store: Store, stream: Sink) -> None:
    """Copy a layer from the store, hashing what is copied."""
    state, size = hashlib.sha256(), 0
    stream.write(tarstream.header(path, b"0", mode=0o644, size=layer.size))
    with store.blob(layer.digest).open("rb") as source:
        while data := source.read(CHUNK):
            state.update(data)
            size += len(data)
            stream.write(data)
    if size != layer.size or Digest(state.hexdigest()) != layer.digest:
        store.verified(layer.digest)  # which removes it
        raise LayoutError(
            f"the layer {layer.digest} changed in the store", remedy="run it again; it is made anew"
        )
    stream.write(bytes(-size % tarstream.BLOCK))
