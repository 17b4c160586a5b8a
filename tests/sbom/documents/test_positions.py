from __future__ import annotations

from typing import Any

import pytest

from workflow_sbom.documents.merge import merge
from workflow_sbom.documents.positions import Positions, pointed
from workflow_sbom.documents.view import Document, view

THING = {"a": [10, {"b/c": "found", "~": "tilde"}], "": "empty"}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", THING),
        ("/a/0", 10),
        ("/a/1/b~1c", "found"),
        ("/a/1/~0", "tilde"),
        ("/", "empty"),
    ],
)
def test_pointers(pointer: str, value: Any) -> None:
    assert pointed(THING, pointer) == value


@pytest.mark.parametrize(
    "pointer",
    ["a", "/b", "/a/2", "/a/-1", "/a/-", "/a/x", "/a/0/x", "/a/9999999999999", "/a/²", "/a/00"],
)
def test_pointers_to_nothing(pointer: str) -> None:
    with pytest.raises(LookupError):
        pointed(THING, pointer)


def library(name: str, **members: Any) -> dict[str, Any]:
    return {"type": "library", "name": name, "version": "1", "bom-ref": name} | members


def document(*components: dict[str, Any], **members: Any) -> Document:
    head = {"bomFormat": "CycloneDX", "specVersion": "1.7", "components": [*components]}
    return view(head | members)


def citing(*pointers: str, **members: Any) -> dict[str, Any]:
    about = {"timestamp": "2026-01-02T03:04:05Z", "attributedTo": "b"}
    return about | {"pointers": [*pointers]} | members


def cited(*documents: Document) -> list[Any]:
    """What each citation of the merged document points to."""
    merged = merge(documents).json
    return [
        [pointed(merged, pointer) for pointer in citation["pointers"]]
        for citation in merged["citations"]
    ]


def test_a_citation_points_to_what_it_cites_wherever_that_is_now() -> None:
    pointers = ["/components/0/name", "/components/0/licenses/1/license/id", "/components"]
    licences = [{"license": {"id": name}} for name in ("MIT", "ISC")]
    first = document(library("b", licenses=licences), citations=[citing(*pointers[:2])])
    more = [{"license": {"id": "0BSD"}}]
    second = document(library("a"), library("b", licenses=more))
    assert cited(first, second) == [["b", "ISC"]]
    assert merge([first, second]).json["citations"][0]["pointers"] == [
        "/components/1/name",
        "/components/1/licenses/1/license/id",
    ]


def test_the_same_words_about_different_places_are_two_citations() -> None:
    one = document(library("a"), citations=[citing("/components/0/name", **{"bom-ref": "c"})])
    two = document(library("b"), citations=[citing("/components/0/name", **{"bom-ref": "c"})])
    assert sorted(cited(one, two)) == [["a"], ["b"]]
    refs = {each["bom-ref"] for each in merge([one, two]).json["citations"]}
    assert len(refs) == 2


def test_a_subject_that_became_a_component_is_found_there() -> None:
    subject = {"component": library("app")}
    one = document(metadata=subject, citations=[citing("/metadata/component/name")])
    assert cited(one) == [["app"]]
    assert cited(one, document(library("a"))) == [["app"]]


@pytest.mark.parametrize(
    ("source", "pointer", "place"),
    [
        ({"dependencies": [{"ref": "x"}]}, "/dependencies/0", "/dependencies/1"),
        ({"components": [{"name": "n", "version": "1"}]}, "/components/0", "/components/1"),
        ({"vulnerabilities": [{"id": "CVE"}]}, "/vulnerabilities/0/id", "/vulnerabilities/1/id"),
        ({"a/b": {"~": 1}}, "/a~1b/~0", "/a~1b/~0"),
    ],
)
def test_things_are_found_by_what_they_are(source: Any, pointer: str, place: str) -> None:
    merged = {
        "dependencies": [{"ref": "w"}, {"ref": "x", "dependsOn": ["y"]}],
        "components": [{"name": "n"}, {"name": "n", "version": "1", "scope": "required"}],
        "vulnerabilities": [{"id": "A"}, {"id": "CVE", "affects": []}],
        "a/b": {"~": 1},
    }
    assert Positions(merged).of(source, pointer) == place


def test_what_is_not_there_any_more() -> None:
    without: list[dict[str, Any]] = [{"tools": {"components": []}}, {"tools": []}, {}]
    for merged in without:
        with pytest.raises(LookupError):
            Positions(merged).of({"tools": [{"name": "x"}]}, "/tools/0/name")


def test_a_pointer_to_nothing_stays_and_a_signature_of_a_moved_one_goes() -> None:
    signature = {"algorithm": "ES256", "value": "x"}
    moved = citing("/components/0/name", signature=signature)
    nothing = citing("/components/7", signature=signature)
    one = document(library("b"), citations=[moved, nothing])
    found = merge([one, document(library("a"))]).json["citations"]
    by_pointer = {each["pointers"][0]: each for each in found}
    assert "signature" not in by_pointer["/components/1/name"]
    assert by_pointer["/components/7"]["signature"] == signature


def test_expressions_stay_as_they_are_and_that_is_said() -> None:
    said = citing() | {"expressions": ["$.components[0].name"]}
    del said["pointers"]
    result = merge([document(library("b"), citations=[said]), document(library("a"))])
    assert result.json["citations"] == [said]
    assert result.notices == ("1 citation(s) by expression, which may match other things now",)
