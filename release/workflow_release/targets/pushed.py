"""What a registry has of a release's images, and what is to be said there about each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workflow_containers.oci.content import Content
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.registry import answers
from workflow_containers.registry.artifact import Artifact, ArtifactFile
from workflow_containers.registry.client import Client
from workflow_containers.registry.sessions import Steps
from workflow_release.attesting import bundle
from workflow_release.errors import TargetError, VersionError
from workflow_release.model import Plan
from workflow_release.targets.shipment import Item, ShippedImage
from workflow_release.version import Version
from workflow_sbom.digest import Digest
from workflow_sbom.formats import cyclonedx

REVISION = "org.opencontainers.image.revision"
VERSION = "org.opencontainers.image.version"


def may_push(client: Client, repository: Repository) -> None:
    """Begin an upload and give it up: no other question is answered by who may really push.

    Raises `ContainersError`.
    """
    steps = Steps(transport=client.transport, repository=repository, content=Content.of(b""))
    steps.cancel(steps.begin())


def version_faults(client: Client, repository: Repository, plan: Plan) -> Iterator[str]:
    """Why the version's tag is not free: it stands for what another commit made."""
    reference = Reference(repository, tag=plan.version.render("oci"))
    if client.head(reference) is None:
        return
    commit = _annotations(client.manifest(reference)).get(REVISION, "something else")
    if commit != plan.source.commit:
        yield f"{reference} holds an image of {commit}"


def version_at(client: Client, reference: Reference) -> Version | None:
    """The version that a moving name stands for, None when there is no such name yet.

    Raises `TargetError` for an image that does not say its version: whether to move on from it
    can't be known.
    """
    if client.head(reference) is None:
        return None
    found = _annotations(client.manifest(reference)).get(VERSION, "")
    try:
        return Version.parse(found)
    except VersionError as error:
        raise TargetError(
            f"{reference} does not say which version it is, so it is not moved",
            remedy=f"remove that tag once, or set moving = false in release.toml ({error})",
        ) from error


def require_whole(client: Client, reference: Reference, index: Digest) -> None:
    """Fetch what a name stands for now, as anybody would, down to every blob's presence.

    Raises `TargetError` when it is another image or a part of one, else `ContainersError`.
    """
    found = client.manifest(reference)
    if found.digest != index:
        raise TargetError(
            f"{reference} is {found.digest}, and {index} was just published",
            remedy="find out who else publishes there, and release the next version",
        )
    for entry in _descriptors(found, "manifests"):
        manifest = client.manifest(Reference(reference.repository, digest=entry.digest))
        config = Descriptor.read(_value(manifest).get("config"), str(reference))
        for blob in (config, *_descriptors(manifest, "layers")):
            if not client.has_blob(reference.repository, blob.digest):
                raise TargetError(
                    f"{reference} lacks {blob.digest}, which was pushed",
                    remedy="the registry lost it; run the command again, or ask its operator",
                )


def said(image: ShippedImage, plan: Plan) -> tuple[Artifact, ...]:
    """What is attached to an image: its SBOM, and the signed provenance of the release."""
    return (
        _artifact(image.sbom, cyclonedx.MEDIA_TYPE, plan),
        _artifact(image.provenance, bundle.MEDIA_TYPE, plan),
    )


def _artifact(item: Item, media_type: str, plan: Plan) -> Artifact:
    content = (
        Content.of(item.content)
        if isinstance(item.content, bytes)
        else Content.at(item.content, item.size, item.digest)
    )
    file = ArtifactFile(name=item.name, media_type=media_type, content=content)
    return Artifact(artifact_type=media_type, files=(file,), created=plan.source.committed_at)


def _value(document: Document) -> dict[str, Any]:
    value = answers.decoded(document.data, str(document.digest))
    return value if isinstance(value, dict) else {}


def _annotations(document: Document) -> dict[str, str]:
    found = _value(document).get("annotations")
    return found if isinstance(found, dict) else {}


def _descriptors(document: Document, key: str) -> Iterator[Descriptor]:
    listed = _value(document).get(key)
    for each in listed if isinstance(listed, list) else ():
        yield Descriptor.read(each, str(document.digest))
