from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from workflow_sbom.documents.references import REFERRING, carriers, renamed
from workflow_sbom.formats.schemas import CYCLONEDX_SPECS

LOCAL = {"refType", "refLinkType"}
# The bearer's own field is not one that refers, and what the schemas leave to prose is: members
# of compositions that are "bom-ref identifiers" of whatever they describe.
IN_PROSE = {"dependencies", "vulnerabilities"}


def referring(schema: Any) -> Iterator[str]:
    """The properties that a schema declares to hold references within the document."""
    if isinstance(schema, dict):
        for name, declared in schema.get("properties", {}).items():
            if isinstance(declared, dict) and _is_reference(declared):
                yield name
        for value in schema.values():
            yield from referring(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from referring(value)


def _is_reference(declared: dict[str, Any]) -> bool:
    choices = [
        declared,
        declared.get("items"),
        *_choices(declared),
        *_choices(declared.get("items")),
    ]
    return any(
        isinstance(each, dict) and str(each.get("$ref", "")).rpartition("/")[2] in LOCAL
        for each in choices
    )


def _choices(declared: Any) -> list[Any]:
    if not isinstance(declared, dict):
        return []
    return [each for word in ("oneOf", "anyOf", "allOf") for each in declared.get(word, [])]


def test_the_fields_are_those_that_the_schemas_declare() -> None:
    folder = resources.files("cyclonedx.schema._res")
    declared = {
        name
        for spec in CYCLONEDX_SPECS
        for name in referring(json.loads((folder / f"bom-{spec}.SNAPSHOT.schema.json").read_text()))
    }
    assert declared - {"bom-ref"} | IN_PROSE == REFERRING


def test_every_bearer_is_found_the_outer_first() -> None:
    value = {
        "bom-ref": "a",
        "x": [{"bom-ref": "b", "y": {"bom-ref": "c"}}, {"bom-ref": 1}],
        "z": "a",
    }
    assert [each["bom-ref"] for each in carriers(value)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "value",
    [
        {"bom-ref": "old"},
        {"ref": "old", "dependsOn": ["old"], "provides": ["old"]},
        {"components": [{"components": [{"bom-ref": "old"}]}]},
        {"affects": [{"ref": "old"}]},
        {"subjects": ["old"], "annotator": {"component": {"bom-ref": "old"}}},
        {"assemblies": ["old"], "dependencies": ["old"], "vulnerabilities": ["old"]},
        {"evidence": {"identity": [{"tools": ["old"]}]}},
        {"cryptoProperties": {"certificateProperties": {"signatureAlgorithmRef": "old"}}},
        {"claims": [{"target": "old", "evidence": ["old"]}]},
        {"attributedTo": "old", "process": "old"},
    ],
)
def test_a_reference_is_exchanged_wherever_it_stands(value: Any) -> None:
    expected = json.loads(json.dumps(value).replace("old", "new"))
    assert renamed(value, {"old": "new"}) == expected
    assert renamed(value, {"other": "new"}) is value


@pytest.mark.parametrize(
    "value",
    [
        {"name": "old", "version": "old", "description": "old", "purl": "old"},
        {"properties": [{"name": "old", "value": "old"}]},
        {"externalReferences": [{"type": "vcs", "url": "old"}]},
        {"signature": {"algorithm": "old", "value": "x"}},
        {"tags": ["old"]},
        {"ref": "urn:cdx:old/1#old"},
    ],
)
def test_what_only_reads_like_one_stays(value: Any) -> None:
    assert renamed(value, {"old": "new"}) is value


def test_two_may_change_places() -> None:
    edge = {"ref": "a", "dependsOn": ["b"]}
    assert renamed(edge, {"a": "b", "b": "a"}) == {"ref": "b", "dependsOn": ["a"]}


def test_what_is_signed_loses_its_signature_with_its_reference() -> None:
    signed = {"bom-ref": "old", "signature": {"algorithm": "ES256", "value": "x"}}
    assert renamed([signed, {"a": signed}], {"old": "new"}) == [
        {"bom-ref": "new"},
        {"a": {"bom-ref": "new"}},
    ]
    assert renamed(signed, {"other": "new"}) is signed
