"""A base image as a value: whose layers stay as they are, and what a container sees of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from workflow_containers.base import memory
from workflow_containers.base.bringing import MAX_LAYER, Bring
from workflow_containers.base.documents import MAX_DOCUMENT, ForeignImage, LayerBlob, find
from workflow_containers.errors import (
    ContainersError,
    IntegrityError,
    LayoutError,
    MemberError,
    MissingError,
)
from workflow_containers.layers import compress, foreign
from workflow_containers.layers.layer import GZIP, Layer
from workflow_containers.layers.tree import Merging, Tree
from workflow_containers.layers.unpacking import Contents
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

# Files whose bytes are asked for: users, the linker's folders, records of packages, the
# interpreter and what tells its version and its folders.
KEPT = re.compile(
    r"etc/(passwd|group|os-release|ld\.so\.conf(\.d/[^/]+\.conf)?)|usr/lib/os-release"
    r"|var/lib/dpkg/status(\.d/[^/]+)?"
    r"|.*/[^/]+\.dist-info/(METADATA|RECORD)"
    r"|.*/lib/python3\.[0-9]+/site\.py|(.*/)?pyvenv\.cfg"
    r"|.*/(bin/python3\.[0-9]+|libpython3\.[0-9]+\.so\.1\.0|libc(\.so\.6|-2\.[0-9]+\.so))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """One platform's image under ours. `layers` are in the store; `tree` is their root."""

    reference: Reference
    platform: Platform
    manifest: Digest
    config: Mapping[str, Any]
    blobs: tuple[LayerBlob, ...]
    layers: tuple[Layer, ...]
    tree: Tree


def load(reference: Reference, platform: Platform, store: Store, bring: Bring) -> BaseImage:
    """The image that a pinned reference names, brought into the store if it is not there.

    Raises `ContainersError`.
    """
    found = _known(reference, platform, store)
    if found is None:
        bring(reference, platform, store)
        found = _known(reference, platform, store)
    if found is None:
        raise MissingError(f"{reference}: not all of it could be had", remedy="try again")
    _require_sizes(found, store, str(reference))
    tree, sizes = _tree(found, store, f"{reference} for {platform}")
    return BaseImage(
        reference=reference,
        platform=platform,
        manifest=found.manifest,
        config=found.config,
        blobs=found.layers,
        layers=tuple(
            Layer(
                name=f"base {number}",
                digest=each.digest,
                size=each.size,
                diff_id=each.diff_id,
                raw_size=raw_size,
                media_type=each.media_type,
            )
            for number, (each, raw_size) in enumerate(zip(found.layers, sizes, strict=True), 1)
        ),
        tree=tree,
    )


class _AbsentError(ContainersError):
    """A blob is not in the store; never leaves this module."""


def _known(reference: Reference, platform: Platform, store: Store) -> ForeignImage | None:
    """The image, if every blob of it is in the store."""

    def read(digest: Digest) -> bytes:
        path = store.blob(digest)
        if not path.is_file() or path.stat().st_size > MAX_DOCUMENT:
            raise _AbsentError
        if (data := store.read(digest)) is None:
            raise _AbsentError
        return data

    if reference.digest is None:
        raise MissingError(f"{reference} is pinned to no digest", remedy="pin it")
    try:
        found = find(read, reference.digest, platform, str(reference))
    except _AbsentError:
        return None
    return found if all(store.has(each.digest) for each in found.layers) else None


def _require_sizes(found: ForeignImage, store: Store, origin: str) -> None:
    """Layers have the sizes that their manifest says, for ours will say them again."""
    for each in found.layers:
        if store.blob(each.digest).stat().st_size != each.size:
            raise IntegrityError(
                f"{origin}: the layer {each.digest} has another size than its manifest says",
                remedy="name another base",
            )


def _tree(found: ForeignImage, store: Store, origin: str) -> tuple[Tree, tuple[int, ...]]:
    """The merged root and the layers' unpacked sizes; read once, then remembered."""
    key = memory.key(found.layers)
    if (known := memory.recall(store, key)) is not None:
        return known
    merging, sizes = Merging(KEPT), list[int]()
    for number, blob in enumerate(found.layers):
        with opened(blob, store, origin) as contents:
            merging.add(number, foreign.members(contents, f"{origin}, layer {number + 1}"))
        sizes.append(contents.size)
    read = merging.tree(), tuple(sizes)
    memory.remember(store, key, *read)
    return read


@contextmanager
def opened(blob: LayerBlob, store: Store, origin: str) -> Iterator[Contents]:
    """A layer's uncompressed bytes; raises `LayoutError` at the end for others than promised.

    What has changed in the store is removed from it then, and fetched again the next time.
    """
    with store.blob(blob.digest).open("rb") as stream:
        pieces = compress.expand(stream, MAX_LAYER) if blob.media_type == GZIP else _plain(stream)
        contents = Contents(pieces)
        try:
            yield contents
            contents.drain()
        except (LayoutError, MemberError) as error:
            store.verified(blob.digest)
            raise type(error)(f"{origin}: {error}") from error
    if contents.digest() != blob.diff_id:
        store.verified(blob.digest)
        raise LayoutError(f"{origin}: the layer {blob.digest} has other contents than it says")


def _plain(stream: IO[bytes]) -> Iterator[bytes]:
    while data := stream.read(compress.STEP):
        yield data
