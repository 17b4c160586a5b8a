from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from workflow_release.attesting import bundle
from workflow_release.attesting.bundle import Bundle
from workflow_release.attesting.dsse import IN_TOTO, Envelope
from workflow_release.errors import VerificationError

BUNDLE = Bundle(
    hint="aGludA==",
    envelope=Envelope(payload_type=IN_TOTO, payload=b'{"a":1}', signature=b"signature"),
)
TEXT = (
    b'{"dsseEnvelope":{"payload":"eyJhIjoxfQ==","payloadType":"application/vnd.in-toto+json",'
    b'"signatures":[{"sig":"c2lnbmF0dXJl"}]},'
    b'"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",'
    b'"verificationMaterial":{"publicKey":{"hint":"aGludA=="}}}\n'
)


def test_one_value_has_one_text() -> None:
    assert bundle.encode(BUNDLE) == TEXT
    assert bundle.decode(TEXT) == BUNDLE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"no",
        TEXT[:-1],
        TEXT + b"\n",
        b" " + TEXT,
        TEXT.replace(b":", b": ", 1),
        TEXT.replace(b"eyJhIjoxfQ==", b"eyJhIjoxfR=="),  # the same bytes once decoded
        TEXT.replace(b"eyJhIjoxfQ==", b"eyJhIjoxfQ"),
        TEXT.replace(b"eyJhIjoxfQ==", b"eyJhIj\\noxfQ=="),
        TEXT.replace(b"eyJhIjoxfQ==", b"eyJhIj-_fQ=="),
        TEXT.replace(b'"hint"', b'"h\\u0069nt"'),
        TEXT.replace(b'{"hint"', b'{"hint":"x","hint"'),
        TEXT.replace(b'"hint":"aGludA=="', b'"hint":1.0'),
        TEXT.replace(b'"hint":"aGludA=="', b'"hint":' + b"1" * 5000),
        b'{"mediaType":' + b"[" * 5000,
    ],
)
def test_another_text_is_refused(data: bytes) -> None:
    with pytest.raises(VerificationError):
        bundle.decode(data)


def test_a_hint_is_compared_as_text_never_as_the_bytes_it_decodes_to() -> None:
    assert bundle.decode(TEXT.replace(b"aGludA==", b"aGludB==")).hint == "aGludB=="


def _certificate(table: Any) -> None:
    table["verificationMaterial"] = {"certificate": {"rawBytes": "AAAA"}}


def _two_signatures(table: Any) -> None:
    table["dsseEnvelope"]["signatures"] *= 2


def _no_signature(table: Any) -> None:
    table["dsseEnvelope"]["signatures"] = []


def _key_id(table: Any) -> None:
    table["dsseEnvelope"]["signatures"][0]["keyid"] = ""


def _log_entry(table: Any) -> None:
    table["verificationMaterial"]["tlogEntries"] = []


def _message(table: Any) -> None:
    table["messageSignature"] = table.pop("dsseEnvelope")


def _media_type(table: Any) -> None:
    table["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"


def _unknown(table: Any) -> None:
    table["extra"] = None


def _payload_type(table: Any) -> None:
    table["dsseEnvelope"]["payloadType"] = None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_certificate, "signed by a certificate, and a key is expected"),
        (_two_signatures, "does not hold exactly one signature"),
        (_no_signature, "does not hold exactly one signature"),
        (_key_id, "does not hold exactly sig"),
        (_log_entry, "does not hold exactly publicKey"),
        (_message, "does not hold exactly mediaType, verificationMaterial, dsseEnvelope"),
        (_media_type, "mediaType is not"),
        (_unknown, "does not hold exactly"),
        (_payload_type, "payloadType is no string"),
    ],
)
def test_what_this_program_does_not_write_it_does_not_read(
    change: Callable[[Any], None], reason: str
) -> None:
    table = json.loads(TEXT)
    change(table)
    data = json.dumps(table, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    with pytest.raises(VerificationError, match=reason):
        bundle.decode(data)


def test_an_endless_bundle_is_not_read() -> None:
    with pytest.raises(VerificationError, match="at most"):
        bundle.decode(b" " * (bundle.MAX_BYTES + 1))
