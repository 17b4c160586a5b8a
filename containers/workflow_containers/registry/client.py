"""A registry's own interface: `Client(transport=…)` asks, and believes nothing it did not check.

Distribution specification 1.1. Every method raises `NetworkError` when there is no answer,
`CredentialsError` when they are missing or do not suffice, `MissingError` when there is nothing of
that name, and `RegistryError` for every other refusal and for answers that no registry may give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workflow_containers.network.interface import Request, Transport
from workflow_containers.oci import image
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.registry import addresses, answers, documents, listing
from workflow_containers.registry.downloads import Download
from workflow_sbom.digest import Digest

_NO_REFERRERS = {400, 404, 405, 406, 410, 501}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One way to every registry that the transport reaches; threads share it.

    `resumes` bounds how often a blob that was cut off is taken up again.
    """

    transport: Transport
    resumes: int = 8
    page: int = 1000

    def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Whether the repository has the blob."""
        what = f"{repository}@{digest}"
        with self.transport(
            Request(method="HEAD", url=addresses.blob(repository, digest))
        ) as found:
            if found.status == 404:
                return False
            if found.status != 200:
                raise answers.refusal(found, what)
            answers.require_digest(found, digest, what)
            return True

    def read_blob(self, repository: Repository, blob: Descriptor) -> Iterator[bytes]:
        """The blob's bytes as they come; `IntegrityError` at the end when they are others.

        A download that is cut off goes on where it stopped.
        """
        url = addresses.blob(repository, blob.digest)
        what = f"{repository}@{blob.digest}"
        return Download(
            transport=self.transport, url=url, blob=blob, what=what, resumes=self.resumes
        ).pieces()

    def manifest(self, reference: Reference) -> Document:
        """A manifest or index by digest, else by tag, with exactly the bytes the digest names.

        Raises `IntegrityError` for other bytes, and `LayoutError` for kinds that are not read.
        """
        request = self._manifest("GET", reference)
        with self.transport(request) as response:
            if response.status != 200:
                raise answers.refusal(response, str(reference))
            return documents.checked(response, reference)

    def head(self, reference: Reference) -> Digest | None:
        """The digest that a tag (or digest) stands for, or None when there is nothing."""
        with self.transport(self._manifest("HEAD", reference)) as response:
            if response.status == 404:
                return None
            if response.status != 200:
                raise answers.refusal(response, str(reference))
            if reference.digest is not None:
                answers.require_digest(response, reference.digest, str(reference))
                return reference.digest
            named = response.headers.get("docker-content-digest", "")
        if not named.startswith("sha256:"):
            return self.manifest(reference).digest
        return documents.digest(named, str(reference))

    def _manifest(self, method: str, reference: Reference) -> Request:
        accept = {"Accept": ", ".join(documents.ACCEPTED)}
        return Request(method=method, url=addresses.manifest(reference), headers=accept)

    def put_manifest(self, reference: Reference, document: Document) -> bool:
        """Put a manifest under a digest or a tag; whether the registry knows of its `subject`.

        Without it, whoever refers to a subject keeps the fallback tag (referrers tag schema).
        """
        request = Request(
            method="PUT",
            url=addresses.manifest(reference),
            headers={"Content-Type": document.media_type},
            body=document.data,
        )
        with self.transport(request) as response:
            if response.status != 201:
                raise answers.refusal(response, str(reference))
            answers.require_digest(response, document.digest, str(reference))
            return bool(response.headers.get("oci-subject"))

    def tags(self, repository: Repository) -> tuple[str, ...]:
        """All tags, in the registry's order."""
        what = f"{repository}: tags"
        first = listing.page(self.transport, addresses.tags(repository, page=self.page), what)
        return tuple(listing.tag(each, what) for each in self._items(first, "tags", what))

    def referrers(
        self, repository: Repository, subject: Digest, *, artifact_type: str = ""
    ) -> tuple[Descriptor, ...] | None:
        """What refers to a manifest, of one type when that is given; None without that interface.

        None sends the caller to the referrers tag schema.
        """
        url, what = addresses.referrers(repository, subject), f"{repository}@{subject}: referrers"
        if artifact_type:
            url = addresses.with_query(url, artifactType=artifact_type)
        first = listing.page(self.transport, url, what, absent=_NO_REFERRERS)
        if first is None or first.media_type != image.INDEX:
            return None
        found = (listing.descriptor(each, what) for each in self._items(first, "manifests", what))
        return tuple(each for each in found if artifact_type in {"", each.artifact_type})

    def _items(self, first: listing.Page | None, key: str, what: str) -> Iterator[Any]:
        if first is not None:
            yield from listing.items(listing.after(self.transport, first, what), key, what)
