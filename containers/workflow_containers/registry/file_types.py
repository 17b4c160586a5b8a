"""What kind a file is by its name, and what a Sigstore bundle says of itself.

Types are those that the formats' own specifications name; for bundles cosign's specs/BUNDLE_SPEC.md
and in-toto attestation's spec/v1/bundle.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from workflow_containers.errors import DefinitionError
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError, Fault

SIGSTORE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MAX_BUNDLE = 16 << 20
_TYPES = {
    ".cdx.json": "application/vnd.cyclonedx+json",
    ".cdx.xml": "application/vnd.cyclonedx+xml",
    ".spdx.json": "application/spdx+json",
    ".sigstore.json": SIGSTORE,
    ".sigstore": SIGSTORE,
    ".intoto.jsonl": "application/vnd.in-toto.bundle",
}
_STATEMENT = "application/vnd.in-toto+json"
_LONGEST = 512


def known_type(name: str) -> str | None:
    """The media type that a file's name stands for, or None."""
    found = (kind for ending, kind in _TYPES.items() if name.lower().endswith(ending))
    return next(found, None)


def endings() -> tuple[str, ...]:
    """The endings of names that are known."""
    return tuple(_TYPES)


def bundle_annotations(name: str, data: bytes) -> Mapping[str, str]:
    """What cosign tells bundles apart by: what is signed, and a statement's predicate type.

    Raises `DefinitionError` for what is no bundle.
    """
    try:
        value = canonical.decode(data, limit=MAX_BUNDLE)
        return _annotations(value if isinstance(value, dict) else {})
    except (DocumentError, binascii.Error, ValueError) as error:
        raise DefinitionError(
            name, [Fault("", f"no Sigstore bundle: {error}", "--type for another kind of file")]
        ) from error


def _annotations(bundle: Mapping[str, Any]) -> Mapping[str, str]:
    envelope = bundle.get("dsseEnvelope")
    if isinstance(envelope, dict):
        kind = _predicate_type(envelope)
        return {
            "dev.sigstore.bundle.content": "dsse-envelope",
            **({"dev.sigstore.bundle.predicateType": kind} if kind else {}),
        }
    if isinstance(bundle.get("messageSignature"), dict):
        return {"dev.sigstore.bundle.content": "message-signature"}
    raise ValueError("it holds neither an envelope nor a signature")


def _predicate_type(envelope: Mapping[str, Any]) -> str:
    """The predicate type of an in-toto statement, or nothing."""
    if envelope.get("payloadType") != _STATEMENT:
        return ""
    statement = canonical.decode(base64.b64decode(str(envelope.get("payload")), validate=True))
    kind = statement.get("predicateType") if isinstance(statement, dict) else None
    if not isinstance(kind, str) or not kind.isprintable() or len(kind) > _LONGEST:
        raise ValueError("its statement has no predicate type")
    return kind
