from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from workflow_containers.errors import DefinitionError
from workflow_containers.registry.file_types import bundle_annotations, known_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("engine.cdx.json", "application/vnd.cyclonedx+json"),
        ("engine.CDX.JSON", "application/vnd.cyclonedx+json"),
        ("engine.cdx.xml", "application/vnd.cyclonedx+xml"),
        ("engine.spdx.json", "application/spdx+json"),
        ("engine.tar.sigstore.json", "application/vnd.dev.sigstore.bundle.v0.3+json"),
        ("engine.intoto.jsonl", "application/vnd.in-toto.bundle"),
        ("engine.json", None),
        ("cdx.json", None),
    ],
)
def test_names_tell_types(name: str, expected: str | None) -> None:
    assert known_type(name) == expected


def envelope(payload: object, kind: str = "application/vnd.in-toto+json") -> bytes:
    encoded = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps({"dsseEnvelope": {"payloadType": kind, "payload": encoded}}).encode()


def test_a_statement_says_its_predicate_type_as_cosign_does() -> None:
    data = envelope({"predicateType": "https://slsa.dev/provenance/v1"})
    assert bundle_annotations("a", data) == {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1",
    }


def test_an_envelope_of_something_else_says_only_that() -> None:
    expected = {"dev.sigstore.bundle.content": "dsse-envelope"}
    assert bundle_annotations("a", envelope({}, "text/plain")) == expected


def test_a_signature_says_so() -> None:
    expected = {"dev.sigstore.bundle.content": "message-signature"}
    assert bundle_annotations("a", b'{"messageSignature": {}}') == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"messageSignature": 1}',
        b'{"dsseEnvelope": {"payloadType": "application/vnd.in-toto+json", "payload": "!"}}',
        envelope([]),
        envelope({}),
        envelope({"predicateType": 1}),
        envelope({"predicateType": "a\x1b[2J"}),
        envelope({"predicateType": "a" * 513}),
        b" " * (16 << 20) + b"{}",
    ],
)
def test_what_is_no_bundle_is_refused_with_a_remedy(data: bytes) -> None:
    with pytest.raises(DefinitionError, match=r"^a: no Sigstore bundle: .*\(--type"):
        bundle_annotations("a", data)


def test_nobody_recurses_without_an_end() -> None:
    nested: Any = json.dumps("x")
    for _ in range(200):
        nested = f"[{nested}]"
    with pytest.raises(DefinitionError, match="nested deeper"):
        bundle_annotations("a", nested.encode())
