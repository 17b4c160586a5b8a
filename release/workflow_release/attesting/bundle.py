"""Sigstore bundles v0.3 of a DSSE envelope signed by a plain key: writer and strict reader. Pure.

https://docs.sigstore.dev/about/bundle/ . One value has one text: the reader accepts only the very
bytes the writer makes, so no byte of a bundle (white space, key order, unused base64 bits, hint)
can change and go unnoticed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from workflow_release.attesting.dsse import Envelope
from workflow_release.errors import VerificationError
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MAX_BYTES = 16 << 20
_REMEDY = "get the release again from where it was published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An envelope and the hint at the key that signed it: base64 of the SHA-256 of its SPKI."""

    hint: str
    envelope: Envelope


def encode(bundle: Bundle) -> bytes:
    """The bundle's one text: canonical JSON on one line."""
    envelope = bundle.envelope
    return (
        canonical.encode(
            {
                "mediaType": MEDIA_TYPE,
                "verificationMaterial": {"publicKey": {"hint": bundle.hint}},
                "dsseEnvelope": {
                    "payload": _base64(envelope.payload),
                    "payloadType": envelope.payload_type,
                    "signatures": [{"sig": _base64(envelope.signature)}],
                },
            }
        )
        + b"\n"
    )


def decode(data: bytes) -> Bundle:
    """Read a bundle; raises `VerificationError` with the first thing wrong in it."""
    try:
        table = canonical.decode(data, limit=MAX_BYTES)
    except DocumentError as error:
        raise VerificationError(f"no Sigstore bundle: {error}", remedy=_REMEDY) from error
    bundle = _bundle(table)
    if encode(bundle) != data:
        _refuse("its bytes are not the canonical form that was written")
    return bundle


def _bundle(table: Any) -> Bundle:
    outer = _fields(table, "", "mediaType", "verificationMaterial", "dsseEnvelope")
    if outer["mediaType"] != MEDIA_TYPE:
        _refuse(f"mediaType is not {MEDIA_TYPE}")
    material = outer["verificationMaterial"]
    if isinstance(material, Mapping) and "publicKey" not in material:
        _refuse("it is signed by a certificate, and a key is expected")
    material = _fields(material, "verificationMaterial", "publicKey")
    key = _fields(material["publicKey"], "verificationMaterial.publicKey", "hint")
    return Bundle(
        hint=_text(key["hint"], "verificationMaterial.publicKey.hint"),
        envelope=_envelope(outer["dsseEnvelope"]),
    )


def _envelope(table: Any) -> Envelope:
    inner = _fields(table, "dsseEnvelope", "payload", "payloadType", "signatures")
    signatures = inner["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        _refuse("dsseEnvelope.signatures does not hold exactly one signature")
    signature = _fields(signatures[0], "dsseEnvelope.signatures[0]", "sig")
    return Envelope(
        payload_type=_text(inner["payloadType"], "dsseEnvelope.payloadType"),
        payload=_bytes(inner["payload"], "dsseEnvelope.payload"),
        signature=_bytes(signature["sig"], "dsseEnvelope.signatures[0].sig"),
    )


def _fields(table: Any, where: str, *expected: str) -> Mapping[str, Any]:
    """The table, if it has exactly these keys: what is unknown is refused, never ignored."""
    if not isinstance(table, Mapping):
        _refuse(f"{where or 'the document'} is no object")
    if set(table) != set(expected):
        _refuse(f"{where or 'the document'} does not hold exactly {', '.join(expected)}")
    return table


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        _refuse(f"{where} is no string")
    return value


def _bytes(value: Any, where: str) -> bytes:
    try:
        return base64.b64decode(_text(value, where), validate=True)
    except (binascii.Error, ValueError):
        _refuse(f"{where} is no base64")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _refuse(what: str) -> NoReturn:
    raise VerificationError(f"not a bundle this program wrote: {what}", remedy=_REMEDY)
