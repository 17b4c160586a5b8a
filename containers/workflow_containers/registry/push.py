"""Pushing images: `push(pusher, shipment, destination) -> Pushed`.

Blobs, then each manifest by digest, then the index by digest, then the tags: nobody who asks for
a tag ever gets a part. What is there is left alone; doing it twice is doing it once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from workflow_containers.errors import ConflictError, ContainersError, RegistryError
from workflow_containers.network.clock import CLOCK, Clock
from workflow_containers.oci.content import Content
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.registry.client import Client
from workflow_containers.registry.parallel import Job, Stop, task
from workflow_containers.registry.shipment import Destination, Shipment, Tag
from workflow_containers.registry.uploads import Placed, Uploads
from workflow_sbom.digest import Digest
from workflow_sbom.terminal.progress import Progress, Silent

Sources = Mapping[Digest, Repository]
"""Repositories of the same registry that have a blob, by its digest."""

_TRIES = 4
_PAUSE = 0.25  # seconds
_UNSETTLED = {400, 404}

NO_SOURCES: Sources = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A blob that is in the repository now, its size in bytes, and how it got there."""

    digest: Digest
    size: int
    placed: Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """An image that is whole at its destination; `written` counts manifests and tags put."""

    destination: Destination
    digest: Digest
    blobs: tuple[Moved, ...]
    written: int

    @property
    def reference(self) -> Reference:
        """The name that always means these bytes."""
        return Reference(self.destination.repository, digest=self.digest)

    def count(self, placed: Placed) -> int:
        """How many blobs got there like that."""
        return sum(blob.placed is placed for blob in self.blobs)

    def size(self, placed: Placed) -> int:
        """How many bytes got there like that."""
        return sum(blob.size for blob in self.blobs if blob.placed is placed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A destination that does not have the image under its names, and why."""

    destination: Destination
    error: ContainersError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pusher:
    """What pushes work with: the way up, who watches, how many blobs at a time, what ends all."""

    uploads: Uploads
    progress: Progress = field(default_factory=Silent)
    clock: Clock = CLOCK
    workers: int = 4
    stop: Stop = field(default_factory=Stop)

    @property
    def client(self) -> Client:
        """The registries' interface."""
        return self.uploads.client


def push(
    pusher: Pusher, shipment: Shipment, destination: Destination, sources: Sources = NO_SOURCES
) -> Pushed:
    """Push an image to one repository and its tags there.

    Raises `ConflictError`, before anything is sent, when a tag that may not move stands for
    another image, and afterwards when somebody else moved it meanwhile; else `ContainersError`.
    """
    for tag in destination.tags:
        _stands(pusher.client, shipment.index.digest, destination, tag)
    blobs = _place(pusher, shipment.blobs, destination.repository, sources)
    written = sum(
        _put(pusher, destination.repository, document)
        for document in (*shipment.manifests, shipment.index)
    )
    written += sum(
        put_tag(pusher.client, shipment.index, destination, tag) for tag in destination.tags
    )
    return Pushed(
        destination=destination, digest=shipment.index.digest, blobs=blobs, written=written
    )


def _stands(client: Client, digest: Digest, destination: Destination, tag: Tag) -> bool:
    """Whether a tag stands for this image already; raises `ConflictError`."""
    reference = destination.reference(tag)
    found = client.head(reference)
    if found not in {None, digest} and not tag.moves:
        raise ConflictError(
            f"{reference} is {found} already, not {digest}",
            remedy="give it another version; a tag that is meant to move is pushed with --move",
        )
    return found == digest


def _place(
    pusher: Pusher, blobs: Sequence[Content], repository: Repository, sources: Sources
) -> tuple[Moved, ...]:
    """Have every blob in the repository."""

    def place(content: Content, stop: Stop) -> Moved:
        source = sources.get(content.digest)
        placed = pusher.uploads.place(repository, content.through(stop.heeded), source)
        return Moved(digest=content.digest, size=content.size, placed=placed)

    job = Job(
        name=lambda content: task(repository, content.digest, content.size),
        work=place,
        is_reuse=lambda moved: moved.placed is not Placed.UPLOADED,
        progress=pusher.progress,
    )
    return job.each(blobs, workers=pusher.workers, above=pusher.stop)


def _put(pusher: Pusher, repository: Repository, document: Document) -> bool:
    """Have a manifest under its digest; whether it had to be put.

    A registry to which somebody else brings the same blobs may not see them for a moment.
    """
    reference = Reference(repository, digest=document.digest)
    if pusher.client.head(reference) is not None:
        return False
    for left in reversed(range(_TRIES)):
        try:
            pusher.client.put_manifest(reference, document)
        except RegistryError as error:
            if left == 0 or error.status not in _UNSETTLED:
                raise
            pusher.clock.sleep(_PAUSE)
        else:
            break
    return True


def put_tag(client: Client, index: Document, destination: Destination, tag: Tag) -> bool:
    """Have the tag stand for the index; whether it had to be put.

    No registry compares and sets in one. It is asked right before and after, so of two who push
    different images under one name, one is told, unless both fall into that one moment.
    """
    if _stands(client, index.digest, destination, tag):
        return False
    client.put_manifest(destination.reference(tag), index)
    if not _stands(client, index.digest, destination, tag):
        raise ConflictError(
            f"{destination.reference(tag)} was moved by somebody else at the same time",
            remedy="find out who else pushes there, then push again",
        )
    return True
