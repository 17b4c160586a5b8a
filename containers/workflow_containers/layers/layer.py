"""Layers: folders, then fragments, then the end of the archive, concatenated as gzip members."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.layers import compress, tarstream
from workflow_containers.layers.entries import Directory, directory
from workflow_containers.layers.fragment import Fragment
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
TAR = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer: the digest and size of its compressed bytes, and of the tar inside (`diff_id`)."""

    name: str
    digest: Digest
    size: int
    diff_id: Digest
    raw_size: int
    media_type: str = GZIP


def check_paths(layers: Iterable[Sequence[Fragment]], image: str) -> None:
    """No path stands twice in an image, nor is it a file here and a folder there.

    Docker refuses a layer with a path twice; a later layer that replaces a file of an earlier one
    would hide what the records say is there. Raises `MemberError`.
    """
    owners: dict[str, str] = {}
    folders: dict[str, str] = {}
    faults: list[str] = []
    for fragment in (fragment for layer in layers for fragment in layer):
        for path in fragment.paths:
            if path in owners:
                faults.append(f"{path!r} is in {owners[path]} and in {fragment.name}")
            owners[path] = fragment.name
        folders.update(dict.fromkeys(fragment.folders, fragment.name))
    faults += [
        f"{path!r} is a file in {owners[path]} and a folder in {folders[path]}"
        for path in sorted(owners.keys() & folders.keys())
    ]
    if faults:
        raise MemberError(f"{image}: " + "; ".join(faults[:20]))


def assemble(
    store: Store, name: str, fragments: Sequence[Fragment], rules: Digest,
    folder: Callable[[str], Directory] = directory,
) -> Layer:  # fmt: skip
    """A layer of the fragments, in their order; made once, then taken from the store.

    `rules` digests everything else that decides the bytes: this package and the compressor.
    `folder` gives the folders that the fragments need.
    """
    head = _head(fragments, folder)
    parts: list[canonical.Json] = [Digest.of(head).hex, [f.blob.hex for f in fragments]]
    key = Digest.of(canonical.encode(["layer", rules.hex, name, *parts]))
    if (known := store.recall(key)) is not None:
        layer = _decoded(known)
        if store.has(layer.digest):
            return layer
    layer = _assemble(store, name, fragments, head)
    store.remember(key, _encoded(layer))
    return layer


def _head(fragments: Sequence[Fragment], folder: Callable[[str], Directory]) -> bytes:
    folders = sorted({path for fragment in fragments for path in fragment.folders})
    return b"".join(tarstream.encode(folder(path)) for path in folders)


def _assemble(store: Store, name: str, fragments: Sequence[Fragment], head: bytes) -> Layer:
    packed, raw = hashlib.sha256(), hashlib.sha256()
    with store.writing() as stream:

        def put(data: bytes) -> None:
            packed.update(data)
            stream.write(data)

        put(compress.member(head))
        raw.update(head)
        for fragment in fragments:
            for piece in _pieces(store, fragment, put):
                raw.update(piece)
        put(compress.member(tarstream.END))
        raw.update(tarstream.END)
        digest = Digest(packed.hexdigest())
        size = stream.tell()
        store.adopt(stream, digest)
    return Layer(
        name=name,
        digest=digest,
        size=size,
        diff_id=Digest(raw.hexdigest()),
        raw_size=len(head) + sum(fragment.raw_size for fragment in fragments) + len(tarstream.END),
    )


def _pieces(store: Store, fragment: Fragment, put: Callable[[bytes], None]) -> Iterator[bytes]:
    """The fragment uncompressed, while its compressed bytes are put where they go."""
    try:
        with store.blob(fragment.blob).open("rb") as stream:
            passing = _Passing(stream, put)
            yield from compress.expand(cast("BinaryIO", passing), fragment.raw_size)
            whole = passing.digest == fragment.blob
    except (FileNotFoundError, LayoutError):
        whole = False
    if not whole:
        store.verified(fragment.blob)  # which removes it
        raise LayoutError(f"{fragment.name}: its fragment left the store; build again")


class _Passing:
    """A stream that passes on what is read from it."""

    def __init__(self, stream: IO[bytes], put: Callable[[bytes], None]) -> None:
        self._stream = stream
        self._put = put
        self._state = hashlib.sha256()

    @property
    def digest(self) -> Digest:
        return Digest(self._state.hexdigest())

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._state.update(data)
        self._put(data)
        return data


def _encoded(layer: Layer) -> canonical.Json:
    return {
        "name": layer.name,
        "digest": layer.digest.hex,
        "size": layer.size,
        "diff-id": layer.diff_id.hex,
        "raw-size": layer.raw_size,
    }


def _decoded(known: dict[str, str | int]) -> Layer:
    return Layer(
        name=str(known["name"]),
        digest=Digest(str(known["digest"])),
        size=int(known["size"]),
        diff_id=Digest(str(known["diff-id"])),
        raw_size=int(known["raw-size"]),
    )
