from __future__ import annotations

import json
from typing import Any

import pytest

from workflow_sbom.documents.view import Declared, Document, Part, read
from workflow_sbom.errors import DocumentError, InvalidDocumentError


def document(spec: str = "1.7", **members: Any) -> bytes:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": spec} | members).encode()


def library(name: str, **members: Any) -> dict[str, Any]:
    return {"type": "library", "name": name} | members


def only_part(**members: Any) -> Part:
    (part,) = read(document(components=[library("a", **members)])).parts
    return part


@pytest.mark.parametrize("spec", ["1.4", "1.5", "1.6", "1.7"])
def test_the_smallest_document_of_every_version(spec: str) -> None:
    found = read(document(spec))
    assert (found.spec, found.subject, found.parts, dict(found.edges)) == (spec, None, (), {})


def test_every_component_with_its_path() -> None:
    found = read(
        document(
            metadata={"component": library("app", components=[library("inside")])},
            components=[library("a"), library("b", components=[library("c")])],
        )
    )
    assert found.subject is not None
    assert (found.subject.path, found.subject.name) == ("metadata.component", "app")
    assert [(part.path, part.name) for part in found.parts] == [
        ("metadata.component.components[0]", "inside"),
        ("components[0]", "a"),
        ("components[1]", "b"),
        ("components[1].components[0]", "c"),
    ]


def test_what_a_component_says_of_itself() -> None:
    digest = "AB" * 16
    part = only_part(
        **{"bom-ref": "r", "group": "g", "version": "1", "purl": "pkg:pypi/a@1"},
        hashes=[{"alg": "MD5", "content": digest}],
    )
    assert (part.ref, part.kind, part.group, part.version) == ("r", "library", "g", "1")
    assert part.purl == "pkg:pypi/a@1"
    assert part.hashes == (("MD5", digest.lower()),)
    assert part.json["hashes"][0]["content"] == digest


def test_licences_of_every_kind() -> None:
    part = only_part(
        licenses=[
            {"expression": "MIT OR ISC", "acknowledgement": "concluded"},
            {"license": {"id": "MIT", "acknowledgement": "declared"}},
            {"license": {"name": "Ours", "text": {"content": "Do it."}}},
        ]
    )
    assert part.licences == (
        Declared(kind="expression", value="MIT OR ISC", acknowledgement="concluded"),
        Declared(kind="id", value="MIT", acknowledgement="declared"),
        Declared(kind="name", value="Ours", text="Do it."),
    )


@pytest.mark.parametrize(
    ("content", "text"), [("RG8gaXQu", "Do it."), ("/w==", None), ("no base64!", None)]
)
def test_a_licence_text_in_base64(content: str, text: str | None) -> None:
    attached = {"content": content, "encoding": "base64"}
    (licence,) = only_part(licenses=[{"license": {"name": "x", "text": attached}}]).licences
    assert licence.text == text


def test_edges_of_several_entries_are_joined() -> None:
    entries = [
        {"ref": "a", "dependsOn": ["c", "b"]},
        {"ref": "b"},
        {"ref": "a", "dependsOn": ["d", "c"]},
    ]
    found = read(document(dependencies=entries))
    assert dict(found.edges) == {"a": ("c", "b", "d"), "b": ()}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert isinstance(read(b"\xef\xbb\xbf" + document()), Document)


def test_numbers_stay_as_they_are_written() -> None:
    text = document(components=[library("a", evidence={"identity": {"field": "name"}})]).replace(
        b'{"field": "name"}', b'{"field": "name", "confidence": 0.80}'
    )
    (part,) = read(text).parts
    assert str(part.json["evidence"]["identity"]["confidence"]) == "0.80"


@pytest.mark.parametrize("data", [b"", b"[", b'{"a":1,"a":2}', b"\xff", b'"\\ud800"'])
def test_what_is_no_json(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read(data)


def test_every_fault_is_told_with_its_path() -> None:
    data = document(components=[{"type": "library"}, library("b", colour="red")])
    with pytest.raises(InvalidDocumentError) as caught:
        read(data)
    assert {fault.path for fault in caught.value.faults} == {
        "components[0].name",
        "components[1].colour",
    }
    assert "components[0].name: missing" in caught.value.message


def test_a_document_of_the_other_kind() -> None:
    spdx = {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "dataLicense": "CC0-1.0",
        "name": "x",
        "documentNamespace": "https://x.test/1",
        "creationInfo": {"created": "2026-01-02T03:04:05Z", "creators": ["Tool: x"]},
    }
    with pytest.raises(InvalidDocumentError, match="spdxVersion: an SPDX document"):
        read(json.dumps(spdx).encode())
