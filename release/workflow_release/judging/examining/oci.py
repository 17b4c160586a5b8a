"""Images: an OCI image layout (image specification 1.1) as one tar archive.

Follows the layout from `index.json` down; every blob is hashed, every layer read through, and a
blob that nothing refers to is a fault. The layers of a base are held to their digests; what they
hold is that image's own, and not judged as ours.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from workflow_containers.errors import PlatformError
from workflow_containers.oci.image import BASE_LAYERS
from workflow_containers.platform import Platform
from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Claim, Evidence, Member
from workflow_release.judging.examining import tars
from workflow_release.judging.examining.contents import MAX_KEPT, Contents, readable
from workflow_release.model import Artifact
from workflow_sbom import canonical
from workflow_sbom.digest import CHUNK, Digest, measure
from workflow_sbom.errors import DigestError, DocumentError

VERSION_LABEL = "org.opencontainers.image.version"
REVISION_LABEL = "org.opencontainers.image.revision"
_INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
_BLOBS = "blobs/sha256/"
_TOP = frozenset({"index.json", "manifest.json", "oci-layout"})
_MAX_DEPTH = 4
_MAX_MANIFESTS = 100
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """One platform's configuration and its manifest's layers, of which the first are the base's."""

    platform: Platform
    labels: Mapping[str, str]
    layers: tuple[Digest, ...]
    base: int
    diff_ids: tuple[str, ...]


@dataclass(slots=True)
class _Layout:
    """An open archive; `used` are the blobs that were referred to."""

    stream: IO[bytes]
    contents: Contents
    used: set[str] = field(default_factory=set)

    def document(self, path: str) -> Any:
        """A JSON document of the archive; raises `BuildError`."""
        try:
            return canonical.decode(self._bytes(path))
        except DocumentError as error:
            raise BuildError(f"{path}: {error}") from error

    def blob(self, descriptor: Any) -> str:
        """The path of the blob that a descriptor names, if it is there as described."""
        try:
            digest, size = Digest.parse(descriptor["digest"]), descriptor["size"]
        except (DigestError, KeyError, TypeError, AttributeError) as error:
            raise BuildError(f"a descriptor without digest and size: {error}") from error
        path = f"{_BLOBS}{digest.hex}"
        if self.contents.digests.get(path) != digest:
            raise BuildError(f"{path} is missing or holds other bytes than its name says")
        if size != self.size(path):
            raise BuildError(f"{path} has {self.size(path)} bytes, its descriptor says {size}")
        self.used.add(path)
        return path

    def size(self, path: str) -> int:
        """How many bytes a file of the archive has."""
        return next(m.size for m in self.contents.members if m.path == path and m.kind == "file")

    def part(self, path: str) -> io.BufferedReader:
        """A file of the archive as a stream."""
        window = _Window(self.stream, self.contents.offsets[path], self.size(path))
        return io.BufferedReader(window, CHUNK)

    def _bytes(self, path: str) -> bytes:
        if path not in self.contents.offsets:
            raise BuildError(f"no {path}")
        if self.size(path) > MAX_KEPT:
            raise BuildError(f"{path} has more than {MAX_KEPT} bytes")
        return self.part(path).read()


class _Window(io.RawIOBase):
    """A stretch of a seekable stream."""

    def __init__(self, stream: IO[bytes], start: int, size: int) -> None:
        super().__init__()
        self._stream, self._at, self._end = stream, start, start + size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._stream.seek(self._at)
        data = self._stream.read(min(len(buffer), self._end - self._at))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def examine_image(stream: IO[bytes], artifact: Artifact) -> Evidence:
    """What an image archive holds and says; raises `BuildError` for no readable layout."""
    layout = _Layout(stream, tars.read_tar(stream))
    index = layout.document("index.json")
    configs = tuple(_configs(layout, index, depth=0))
    members = list(layout.contents.members)
    faults = list(_faults(layout, configs))
    ours = {digest for each in configs for digest in each.layers[each.base :]}
    for digest, stated in sorted({pair for each in configs for pair in _pairs(each)}):
        found, diff_id = _read_layer(layout, digest)
        members += found if digest in ours else ()
        if diff_id != stated:
            faults.append(f"layer {digest}: its diff_id is {diff_id}, not {stated}")
    return Evidence(
        artifact=artifact.name,
        digest=artifact.digest,
        claims=tuple(claim for each in configs for claim in _claims(each)),
        platforms=tuple(each.platform for each in configs),
        members=tuple(members),
        index=_only(index),
        faults=tuple(faults),
    )


def _only(index: Any) -> Digest | None:
    """The digest of the one image that an archive holds for all its platforms."""
    entries = index["manifests"]
    return Digest.parse(entries[0]["digest"]) if len(entries) == 1 else None


def _configs(layout: _Layout, index: Any, depth: int) -> Iterator[ImageConfig]:
    """Every image of an index, those of nested indexes too."""
    manifests = index.get("manifests") if isinstance(index, dict) else None
    if not isinstance(manifests, list) or len(manifests) > _MAX_MANIFESTS or depth > _MAX_DEPTH:
        raise BuildError("an index without a list of manifests, or nested too deeply")
    for descriptor in manifests:
        path = layout.blob(descriptor)
        document = layout.document(path)
        if str(descriptor.get("mediaType")) in _INDEXES:
            yield from _configs(layout, document, depth + 1)
        else:
            yield _config(layout, document, descriptor.get("platform"))


def _config(layout: _Layout, manifest: Any, stated: Any) -> ImageConfig:
    try:
        config = layout.document(layout.blob(manifest["config"]))
        layers = tuple(layout.blob(each).removeprefix(_BLOBS) for each in manifest["layers"])
        platform = Platform(config["os"], config["architecture"])
        diff_ids = tuple(str(each) for each in config["rootfs"]["diff_ids"])
        labels = dict(config["config"].get("Labels") or {})
    except (KeyError, TypeError, AttributeError, ValueError, PlatformError) as error:
        raise BuildError(f"a manifest or configuration lacks a field: {error}") from error
    if isinstance(stated, dict) and platform != Platform(
        str(stated.get("os")), str(stated.get("architecture"))
    ):
        raise BuildError(f"the index says {stated}, the configuration {platform}")
    if len(layers) != len(diff_ids):
        raise BuildError(f"{len(layers)} layers with {len(diff_ids)} diff_ids")
    return ImageConfig(
        platform=platform,
        labels=labels,
        layers=tuple(map(Digest, layers)),
        base=_base(manifest, len(layers)),
        diff_ids=diff_ids,
    )


def _base(manifest: Any, layers: int) -> int:
    """How many layers a manifest says are its base's; some are always ours."""
    annotations = manifest.get("annotations") or {}
    said = annotations.get(BASE_LAYERS, "0") if isinstance(annotations, dict) else ""
    if said == "0":
        return 0
    if not re.fullmatch(r"[1-9][0-9]{0,3}", str(said), re.ASCII) or int(said) >= layers:
        raise BuildError(f"{str(said)[:20]!r} layers of a base, of {layers}")
    return int(said)


def _pairs(config: ImageConfig) -> Iterator[tuple[Digest, str]]:
    return zip(config.layers, config.diff_ids, strict=True)


def _claims(config: ImageConfig) -> Iterator[Claim]:
    for kind, label in (("version", VERSION_LABEL), ("revision", REVISION_LABEL)):
        yield Claim(
            kind="version" if kind == "version" else "revision",
            value=str(config.labels.get(label, "")),
            where=f"label {label} of {config.platform}",
        )


def _faults(layout: _Layout, configs: tuple[ImageConfig, ...]) -> Iterator[str]:
    if not configs:
        yield "no image in it"
    layouts = layout.document("oci-layout")
    if not isinstance(layouts, dict) or layouts.get("imageLayoutVersion") != "1.0.0":
        yield "oci-layout does not say version 1.0.0"
    files = {member.path for member in layout.contents.members if member.kind != "directory"}
    for path in sorted(files - layout.used - _TOP):
        yield f"{path} belongs to no image in it"


def _read_layer(layout: _Layout, digest: Digest) -> tuple[tuple[Member, ...], str]:
    """A layer's entries and the digest of its tar archive."""
    name, path = f"layer {digest.hex[:12]}", f"{_BLOBS}{digest.hex}"
    if layout.part(path).read(2) != _GZIP:
        contents = tars.read_tar(layout.part(path), archive=name)
        return contents.members, str(measure(layout.part(path)).digest)
    with readable(), tars.gunzipped(layout.part(path)) as inner:
        hashing = tars.Hashing(inner)
        contents = tars.read_tar(hashing, archive=name)
        return contents.members, f"sha256:{hashing.hexdigest()}"
