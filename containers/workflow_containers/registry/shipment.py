"""What goes to a registry, decided before anything goes: blobs, manifests, the index, tags."""

from __future__ import annotations

from dataclasses import dataclass

from workflow_containers.oci import image
from workflow_containers.oci.content import Content
from workflow_containers.oci.image import Document
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference, Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A name for an image; one that `moves` may stand for another image before."""

    name: str
    moves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One repository, and the names there; raises `ImageNameError` for texts that are no tags."""

    repository: Repository
    tags: tuple[Tag, ...] = ()

    def __post_init__(self) -> None:
        for tag in self.tags:
            self.reference(tag)

    def reference(self, tag: Tag) -> Reference:
        """The image under one of its names."""
        return Reference(self.repository, tag=tag.name)

    def __str__(self) -> str:
        return f"{self.repository}:{','.join(tag.name for tag in self.tags)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """An image to push: `blobs` once each and the largest first, then `manifests`, then `index`.

    `version` is the tag that the image was made under; its contents are good while the archive
    that it was read from is open.
    """

    version: str
    index: Document
    manifests: tuple[Document, ...]
    blobs: tuple[Content, ...]

    @classmethod
    def of(cls, layout: Layout) -> Shipment:
        """All of an archive; raises `LayoutError`."""
        digests = dict.fromkeys(
            digest
            for each in layout.images
            for digest in (each.config_digest, *(layer.blob.digest for layer in each.layers))
        )
        contents = [layout.content(digest) for digest in digests]
        manifests = dict.fromkeys(each.manifest for each in layout.images)
        return cls(
            version=layout.version,
            index=Document(image.INDEX, layout.document(layout.index)),
            manifests=tuple(Document(image.MANIFEST, layout.document(each)) for each in manifests),
            blobs=tuple(sorted(contents, key=lambda each: (-each.size, each.digest))),
        )
