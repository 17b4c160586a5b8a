"""The documents of an image that somebody else made: OCI's, and Docker's of schema 2.

Read from bytes whose digest was checked; nothing here fetches. Formats: image specification 1.1,
and distribution's manifest-v2-2.md. What attests an image (platform unknown/unknown) is passed by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workflow_containers.errors import LayoutError
from workflow_containers.oci import kinds
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.platform import Platform
from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError, DocumentError
from workflow_sbom.printable import printable

MAX_DOCUMENT = 4 << 20
MAX_LAYERS = 124  # engines mount 127 at most, and three of ours come on top

Read = Callable[[Digest], bytes]
"""The bytes with a digest, at most `MAX_DOCUMENT` of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBlob:
    """A layer: its media type in OCI's terms, digest and size as the manifest has them, diff ID."""

    media_type: str
    digest: Digest
    size: int
    diff_id: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignImage:
    """One platform's image; `documents` are those that lead to it, the outermost first."""

    documents: tuple[Digest, ...]
    config: Mapping[str, Any]
    layers: tuple[LayerBlob, ...]

    @property
    def manifest(self) -> Digest:
        """The manifest's digest."""
        return self.documents[-2]


def find(read: Read, digest: Digest, platform: Platform, origin: str) -> ForeignImage:
    """The image for a platform in what a digest names, an index or a manifest.

    Raises `LayoutError` that begins with `origin`.
    """
    documents, value = [digest], _document(read(digest), origin)
    if "manifests" in value:
        _require_kind(value, kinds.INDEXES, origin)
        documents.append(_chosen(value, platform, origin).digest)
        value = _document(read(documents[-1]), origin)
    _require_kind(value, kinds.MANIFESTS, origin)
    found = Descriptor.read(value.get("config"), origin)
    if found.media_type not in kinds.CONFIGS:
        raise LayoutError(f"{origin}: no container image, but {found.media_type}")
    config = _document(read(found.digest), origin)
    if (config.get("os"), config.get("architecture")) != (platform.os, platform.architecture):
        raise LayoutError(f"{origin}: its image for {platform} says it is for another platform")
    return ForeignImage(
        documents=(*documents, found.digest),
        config=config,
        layers=tuple(_layers(_list(value, "layers", origin), config, origin)),
    )


def _chosen(index: Mapping[str, Any], platform: Platform, origin: str) -> Descriptor:
    entries = [Descriptor.read(each, origin) for each in _list(index, "manifests", origin)]
    for entry in entries:
        named = (entry.platform.get("os"), entry.platform.get("architecture"))
        if named == (platform.os, platform.architecture) and kinds.is_common(
            platform.architecture, entry.platform.get("variant", "")
        ):
            return entry
    known = sorted({_shown(entry.platform) for entry in entries} - {"unknown/unknown"})
    raise LayoutError(
        f"{origin}: no image for {platform}; it has {', '.join(known)[:300] or 'none'}",
        remedy="leave that platform out of the definition, or name another base",
    )


def _shown(platform: Mapping[str, Any]) -> str:
    parts = (platform.get(key) for key in ("os", "architecture", "variant"))
    return printable("/".join(str(part) for part in parts if part))


def _layers(listed: list[Any], config: Mapping[str, Any], origin: str) -> Iterator[LayerBlob]:
    rootfs = config.get("rootfs")
    diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(diff_ids, list) or len(diff_ids) != len(listed):
        raise LayoutError(f"{origin}: layers and diff_ids differ in number")
    if not 0 < len(listed) <= MAX_LAYERS:
        raise LayoutError(f"{origin}: {len(listed)} layers, not 1 to {MAX_LAYERS}")
    for value, diff_id in zip(listed, diff_ids, strict=True):
        found = Descriptor.read(value, origin)
        try:
            yield LayerBlob(
                media_type=_layer_type(found.media_type, origin),
                digest=found.digest,
                size=found.size,
                diff_id=Digest.parse(str(diff_id)),
            )
        except DigestError as error:
            raise LayoutError(f"{origin}: {error}") from error


def _layer_type(named: str, origin: str) -> str:
    if named in kinds.READABLE:
        return kinds.as_oci(named)
    if "foreign" in named or "nondistributable" in named:
        raise LayoutError(
            f"{origin}: a layer that may not be distributed ({named})",
            remedy="name a base whose layers a registry gives to everybody",
        )
    if named.endswith("zstd"):
        raise LayoutError(
            f"{origin}: a layer packed with zstd, which Docker 20.10 can't read either",
            remedy="repack it, with skopeo copy --dest-compress-format gzip for instance",
        )
    raise LayoutError(f"{origin}: {named} is no layer", remedy="name a base that is an image")


def _require_kind(value: Mapping[str, Any], wanted: tuple[str, ...], origin: str) -> None:
    """A manifest or an index that can't be taken for the other (CVE-2021-41190)."""
    kind = value.get("mediaType", "")
    both = "manifests" in value and ("layers" in value or "config" in value)
    if value.get("schemaVersion") != 2 or (kind and kind not in wanted) or both:
        raise LayoutError(f"{origin}: no image manifest or index ({printable(str(kind)[:80])})")


def _document(data: bytes, origin: str) -> Mapping[str, Any]:
    try:
        value = canonical.decode(data, limit=MAX_DOCUMENT)
    except DocumentError as error:
        raise LayoutError(f"{origin}: {error}") from error
    if not isinstance(value, dict):
        raise LayoutError(f"{origin}: no document of an image")
    return value


def _list(value: Mapping[str, Any], key: str, origin: str) -> list[Any]:
    found = value.get(key)
    if not isinstance(found, list):
        raise LayoutError(f"{origin}: {key!r} is no list")
    return found
