"""Subjects: the manifest that artifacts are about, found once and named by its digest from then on.

A tag may move while somebody attaches to it; a digest can't.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workflow_containers.errors import LayoutError, MissingError, PlatformError
from workflow_containers.oci import kinds
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.platform import Platform
from workflow_containers.registry import answers
from workflow_containers.registry.client import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An image or an index of images in a repository."""

    repository: Repository
    descriptor: Descriptor

    def __str__(self) -> str:
        return str(self.reference)

    @property
    def reference(self) -> Reference:
        """Its name by digest."""
        return Reference(self.repository, digest=self.descriptor.digest)

    @property
    def fallback(self) -> Reference:
        """The tag that lists its referrers where the registry does not (referrers tag schema)."""
        return Reference(self.repository, tag=f"sha256-{self.descriptor.digest.hex}")


def find(client: Client, reference: Reference, platform: Platform | None = None) -> Subject:
    """What a name stands for: all of it, or the image for one platform.

    Raises `MissingError` when there is nothing of that name or for that platform.
    """
    document = client.manifest(reference)
    if platform is None:
        return Subject(repository=reference.repository, descriptor=_descriptor(document))
    for found, descriptor in _platforms(document, str(reference)):
        if found == platform:
            return Subject(repository=reference.repository, descriptor=descriptor)
    known = sorted({str(found) for found, _ in _platforms(document, str(reference))})
    raise MissingError(
        f"{reference}: no image for {platform}",
        remedy=f"it has {', '.join(known)}" if known else "it is no index; leave --platform out",
    )


def _descriptor(document: Document) -> Descriptor:
    return Descriptor(
        media_type=document.media_type, digest=document.digest, size=len(document.data)
    )


def _platforms(document: Document, where: str) -> Iterator[tuple[Platform, Descriptor]]:
    """An index's images and their platforms; those of no platform (attestations) are left out."""
    if document.media_type not in kinds.INDEXES:
        return
    listed: Any = answers.decoded(document.data, where).get("manifests")
    if not isinstance(listed, list):
        raise LayoutError(f"{where}: manifests that are no list")
    for each in listed:
        entry = Descriptor.read(each, where)
        try:
            platform = Platform(
                str(entry.platform.get("os")), str(entry.platform.get("architecture"))
            )
        except PlatformError:
            continue
        yield platform, entry
