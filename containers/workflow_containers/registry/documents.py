"""Manifests and indexes as a registry gives them: of accepted kinds, with the right bytes.

OCI's own, and Docker's (manifest v2 schema 2) for images of others. A document that could be taken
for either kind is refused (CVE-2021-41190), and so is Docker's schema 1, which digests no blob.
"""

from __future__ import annotations

from typing import Any

from workflow_containers.errors import IntegrityError, LayoutError, RegistryError
from workflow_containers.network.interface import Response
from workflow_containers.oci import kinds
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference
from workflow_containers.registry import answers
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError
from workflow_sbom.printable import printable

ACCEPTED = (*kinds.INDEXES, *kinds.MANIFESTS)
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
_UNNAMED = {"", "application/json", "text/plain", "application/octet-stream"}


def checked(response: Response, reference: Reference) -> Document:
    """The document of a successful answer.

    Raises `IntegrityError` for other bytes than asked for, `LayoutError` for other kinds.
    """
    where, data = str(reference), response.read(answers.MAX_DOCUMENT)
    found = Digest.of(data)
    if reference.digest is not None and found != reference.digest:
        raise IntegrityError(
            f"{where}: the registry gave {found}",
            remedy="something between here and the registry changes content; trust none of it",
        )
    answers.require_digest(response, found, where)
    return Document(_kind(answers.media_type(response), data, where), data)


def _kind(said: str, data: bytes, where: str) -> str:
    """The media type, which the answer and the document must agree on."""
    value = answers.decoded(data, where)
    if not isinstance(value, dict):
        raise LayoutError(f"{where}: no manifest")
    own = str(value.get("mediaType") or "")
    if said.startswith(_SCHEMA_1) or value.get("schemaVersion") != 2:
        raise LayoutError(
            f"{where}: a manifest of Docker's schema 1 or of none",
            remedy="push it again with a program of this decade",
        )
    kind = own if said in _UNNAMED else said
    if kind not in ACCEPTED or own not in {"", kind} or _ambiguous(value, kind):
        shown = printable(f"{said[:80]}, {own[:80]}")
        raise LayoutError(f"{where}: no image manifest or index ({shown})")
    return kind


def _ambiguous(value: dict[str, Any], kind: str) -> bool:
    """Whether it has what only the other kind has."""
    others = ("config", "layers") if kind in kinds.INDEXES else ("manifests",)
    return any(key in value for key in others)


def digest(named: str, where: str) -> Digest:
    """The digest that a header names; raises `RegistryError`."""
    try:
        return Digest.parse(named)
    except DigestError as error:
        raise RegistryError(f"{where}: {error}", remedy="ask the registry's operator") from error
