"""What refers to an image: SBOMs, signatures, provenance. Attach it, list it, fetch it.

Distribution specification 1.1, "Listing Referrers". Where the registry does not say that it knows
of subjects, the tag of `fallback` is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflow_containers.errors import LayoutError, MissingError, RegistryError
from workflow_containers.network.clock import CLOCK, Clock
from workflow_containers.oci import image
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.reference import Reference
from workflow_containers.registry.artifact import Artifact, Referrer
from workflow_containers.registry.client import Client
from workflow_containers.registry.fallback import Fallback
from workflow_containers.registry.subject import Subject
from workflow_containers.registry.uploads import Uploads

MAX_REFERRERS = 1000
MAX_FILE = 1 << 30
_KINDS = {image.MANIFEST, image.INDEX}
_NO_SUBJECTS = 405  # Amazon ECR


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacher:
    """What attaching works with: the way up, and a clock to wait for others by."""

    uploads: Uploads
    clock: Clock = CLOCK


def attach(attacher: Attacher, subject: Subject, artifact: Artifact) -> Descriptor:
    """Have an artifact refer to a subject; doing it twice is doing it once.

    Raises `RegistryError` where the registry takes no manifests that refer to another, and
    `ConflictError` where the fallback tag can't be kept.
    """
    uploads = attacher.uploads
    for content in artifact.contents:
        uploads.place(subject.repository, content)
    document = artifact.manifest(subject.descriptor)
    descriptor = artifact.descriptor(subject.descriptor)
    try:
        listed = uploads.client.put_manifest(
            Reference(subject.repository, digest=document.digest), document
        )
    except RegistryError as error:
        if error.status != _NO_SUBJECTS:
            raise
        raise _without_subjects(error, subject) from error
    if not listed:
        Fallback(client=uploads.client, subject=subject).add(descriptor, attacher.clock)
    return descriptor


def _without_subjects(error: RegistryError, subject: Subject) -> RegistryError:
    return RegistryError(
        f"{subject.repository}: this registry takes nothing that refers to an image ({error})",
        remedy="keep these files beside the release, or push the image to another registry, too",
        status=error.status,
        code=error.code,
    )


def referrers(client: Client, subject: Subject, artifact_type: str = "") -> tuple[Referrer, ...]:
    """What refers to a subject, of one type when that is given, in the order of their digests.

    Each is read from its own manifest: lists may be old, may lie, and differ in what they take for
    an artifact's type. Raises `RegistryError` for a list of more than `MAX_REFERRERS`.
    """
    found = client.referrers(subject.repository, subject.descriptor.digest)
    if found is None:
        found = Fallback(client=client, subject=subject).listed()
    digests = sorted({each.digest for each in found if each.media_type in _KINDS})
    if len(digests) > MAX_REFERRERS:
        raise RegistryError(
            f"{subject}: {len(digests)} referrers; at most {MAX_REFERRERS} are read",
            remedy="delete what nobody needs",
        )
    references = (Reference(subject.repository, digest=digest) for digest in digests)
    read = (_read(client, subject, reference) for reference in references)
    return tuple(
        each for each in read if each is not None and artifact_type in {"", each.artifact_type}
    )


def _read(client: Client, subject: Subject, reference: Reference) -> Referrer | None:
    """A referrer; None for what is gone, or is about something else."""
    try:
        document = client.manifest(reference)
        return Referrer.read(document, subject.descriptor.digest, str(reference))
    except MissingError:
        return None
    except LayoutError as error:
        raise RegistryError(str(error), remedy="delete it, or ask whoever attached it") from error


def fetch(client: Client, subject: Subject, file: Descriptor) -> Iterator[bytes]:
    """A referrer's file; `IntegrityError` at the end when its bytes are others than promised.

    Raises `RegistryError` for one of more than `MAX_FILE` bytes.
    """
    if file.size > MAX_FILE:
        raise RegistryError(
            f"{file.digest}: {file.size} bytes; at most {MAX_FILE} are fetched",
            remedy="fetch it with another program, if that is what you want",
        )
    return client.read_blob(subject.repository, file)
