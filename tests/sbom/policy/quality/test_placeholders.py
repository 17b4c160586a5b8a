from __future__ import annotations

import time
from typing import Any

import pytest

from support.boms import HASH, bom, component
from workflow_sbom.policy.quality.placeholders import is_placeholder, placeholders


def test_a_document_of_true_values_has_none() -> None:
    assert list(placeholders(bom(component()))) == []


@pytest.mark.parametrize(
    ("more", "path", "text"),
    [
        ({"version": "0.0.0", "purl": "pkg:pypi/x"}, "components[0].version", "0.0.0"),
        ({"version": " Unknown "}, "components[0].version", " Unknown "),
        ({"purl": "pkg:pypi/x@0.0.0?a=b"}, "components[0].purl", "pkg:pypi/x@0.0.0?a=b"),
        ({"copyright": "NOASSERTION"}, "components[0].copyright", "NOASSERTION"),
        ({"supplier": {"name": ""}}, "components[0].supplier.name", ""),
        (
            {"supplier": {"name": "A", "url": ["https://a.dev", "https://example.com/x"]}},
            "components[0].supplier.url[1]",
            "https://example.com/x",
        ),
        (
            {"supplier": {"name": "A", "contact": [{"email": "me@example.org"}]}},
            "components[0].supplier.contact[0].email",
            "me@example.org",
        ),
        (
            {"licenses": [{"license": {"name": "UNKNOWN"}}]},
            "components[0].licenses[0].license.name",
            "UNKNOWN",
        ),
        (
            {"hashes": [HASH, {"alg": "SHA-1", "content": "0" * 40}]},
            "components[0].hashes[1].content",
            "0" * 40,
        ),
        (
            {"externalReferences": [{"type": "website", "url": "https://www.example.net"}]},
            "components[0].externalReferences[0].url",
            "https://www.example.net",
        ),
        ({"name": "unknown", "purl": None}, "components[0].name", "unknown"),
    ],
)
def test_placeholders_are_told_with_their_path(more: dict[str, Any], path: str, text: str) -> None:
    assert list(placeholders(bom(component(**more)))) == [(path, text)]


def test_a_serial_of_zeros_is_none() -> None:
    serial = "urn:uuid:00000000-0000-0000-0000-000000000000"
    assert list(placeholders(bom(serialNumber=serial))) == [("serialNumber", serial)]


@pytest.mark.parametrize(
    "more",
    [
        {"name": "null", "purl": "pkg:npm/null@1.0"},
        {"version": "0.0.1"},
        {"version": "10.0.0"},
        {"description": "unknown"},
        {"supplier": {"name": "Example", "url": ["https://myexample.com"]}},
        {"properties": [{"name": "a:b", "value": "unknown"}]},
        {"licenses": [{"license": {"name": "x", "text": {"content": "none"}}}]},
    ],
)
def test_true_values_are_not_taken_for_them(more: dict[str, Any]) -> None:
    assert list(placeholders(bom(component(**more)))) == []


def test_only_texts_of_known_fields_are_looked_at() -> None:
    assert not is_placeholder("aggregate", "unknown")
    assert not is_placeholder("version", 0)
    assert is_placeholder("version", "latest")


def test_long_texts_are_looked_at_soon() -> None:
    texts = {"url": "a." * 500_000, "purl": "@" * 500_000, "email": "-" * 1_000_000}
    started = time.process_time()
    assert list(placeholders(texts)) == []
    assert time.process_time() - started < 1
