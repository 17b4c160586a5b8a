from __future__ import annotations

from typing import Any

import pytest

from support.boms import HASH, bom, component, named
from workflow_sbom.policy.findings import FieldMissing, Placeholder, QualityLow, what
from workflow_sbom.policy.quality.checklist import FIELDS, WEIGHTS
from workflow_sbom.policy.quality.scoring import check, score


def missing(json: dict[str, Any]) -> list[tuple[str, str]]:
    _, found = check(named(json), 0)
    return [(each.where.path, each.field) for each in found if isinstance(each, FieldMissing)]


def without(key: str, **more: Any) -> dict[str, Any]:
    json = bom(component())
    json["metadata"] = {k: v for k, v in (json["metadata"] | more).items() if k != key}
    return json


def test_a_document_that_lacks_nothing_scores_100() -> None:
    scored, found = check(named(bom(component())), 100)
    assert found == []
    assert scored.total == 100
    assert scored.categories == tuple((category, 100) for category in WEIGHTS)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_is_missed_in_an_empty_document(field: Any) -> None:
    bare = {"type": "library", "name": "x", "bom-ref": "x"}
    json = {"bomFormat": "CycloneDX", "specVersion": "1.4", "version": 1, "components": [bare]}
    assert field.name in {name for _, name in missing(json)}
    assert score(named(json)).total == 0


@pytest.mark.parametrize(
    ("key", "more", "field"),
    [
        ("timestamp", {}, "metadata.timestamp"),
        ("tools", {}, "a tool with its version"),
        ("", {"tools": [{"name": "t"}]}, "a tool with its version"),
        (
            "",
            {"tools": {"components": [{"type": "application", "name": "t", "version": "0.0.0"}]}},
            "a tool with its version",
        ),
        ("authors", {}, "who wrote the document"),
        ("", {"authors": [{"name": "NOASSERTION"}]}, "who wrote the document"),
        ("supplier", {}, "who supplies the subject"),
        ("", {"supplier": {"url": ["https://a.dev"]}}, "who supplies the subject"),
        ("lifecycles", {}, "the phase it was written in"),
        ("licenses", {}, "the licence of the document"),
    ],
)
def test_metadata(key: str, more: dict[str, Any], field: str) -> None:
    ((path, name),) = missing(without(key, **more))
    assert name == field
    assert path.startswith("metadata.")


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"name": "t", "version": "1"}]},
        {"authors": [], "manufacturer": {"name": "A"}},
        {"authors": [{"email": "a@makers.dev"}]},
        {"licenses": [{"expression": "MIT OR ISC"}]},
    ],
)
def test_other_shapes_of_metadata_will_do(more: dict[str, Any]) -> None:
    assert missing(without("", **more)) == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"version": None}, "version"),
        ({"version": "unknown"}, "version"),
        ({"purl": None}, "purl, cpe or swid"),
        ({"hashes": None}, "a hash of SHA-256 or better"),
        ({"hashes": [{"alg": "SHA-1", "content": "ab" * 20}]}, "a hash of SHA-256 or better"),
        ({"hashes": [{"alg": "SHA-256", "content": "0" * 64}]}, "a hash of SHA-256 or better"),
        ({"supplier": None}, "who makes or supplies it"),
        ({"licenses": None}, "licences"),
        ({"licenses": [{"license": {"name": "BSD"}}]}, "licences"),
        ({"licenses": [{"expression": "MIT AND Home-Made-1.0"}]}, "licences"),
        ({"licenses": [{"expression": "MIT MIT"}]}, "licences"),
        ({"copyright": None}, "copyright"),
    ],
)
def test_components(more: dict[str, Any], field: str) -> None:
    assert missing(bom(component(**more))) == [("components[0]", field)]


@pytest.mark.parametrize(
    "more",
    [
        {"purl": None, "cpe": "cpe:2.3:a:x:x:1.0:*:*:*:*:*:*:*"},
        {
            "hashes": None,
            "externalReferences": [
                {"type": "distribution", "url": "https://a.dev/x", "hashes": [HASH]}
            ],
        },
        {"supplier": None, "publisher": "A"},
        {"supplier": None, "authors": [{"name": "A"}]},
        {"licenses": [{"license": {"id": "MIT"}}]},
        {"licenses": [{"license": {"name": "Own", "text": {"content": "Do as you like."}}}]},
        {"licenses": [{"expression": "LicenseRef-x OR MIT"}]},
    ],
)
def test_other_shapes_of_components_will_do(more: dict[str, Any]) -> None:
    assert missing(bom(component(**more))) == []


def test_kinds_are_asked_for_what_they_can_have() -> None:
    system = {"type": "operating-system", "name": "debian", "version": "13", "bom-ref": "os"}
    file = {"type": "file", "name": "/a", "hashes": [HASH]}
    assert missing(bom(system, file)) == []
    nothing = [{"type": "operating-system", "name": "debian"}, {"type": "file", "name": "/a"}]
    assert missing(bom(*nothing)) == [
        ("components[0]", "version"),
        ("components[1]", "a hash of SHA-256 or better"),
    ]


def test_a_leaf_needs_an_entry_of_its_own() -> None:
    assert missing(bom(component(), dependencies=[])) == [
        ("metadata.component", "an entry in dependencies"),
        ("components[0]", "an entry in dependencies"),
    ]


def test_a_placeholder_is_missing_and_a_finding() -> None:
    scored, found = check(named(bom(component(version="0.0.0", purl="pkg:pypi/x"))), 99)
    assert {type(each) for each in found} == {FieldMissing, Placeholder, QualityLow}
    assert scored.total == 96
    low = next(each for each in found if isinstance(each, QualityLow))
    assert what(low) == "the quality is 96 of 100; at least 99 is asked for"


def test_a_score_is_the_weighted_share_of_what_is_there() -> None:
    good, bad = component(), component("y", licenses=None, copyright=None)
    scored = score(named(bom(good, bad)))
    # Of three packages, the subject one, two have licences: 2/3 of 15 of 72.
    assert dict(scored.categories)["licensing"] == 66
    assert scored.total == 93


@pytest.mark.parametrize(
    ("more", "total"),
    [
        ({"serialNumber": None}, 96),  # a third of 8 of 72
        ({"dependencies": []}, 94),  # a third of 12
    ],
)
def test_categories_have_their_weights(more: dict[str, Any], total: int) -> None:
    assert score(named(bom(component(), **more))).total == total


def test_licences_weigh_three_times_what_copyright_does() -> None:
    parts = component(licenses=None), component(copyright=None)
    scores = [score(named(bom(each, metadata={}))) for each in parts]
    assert [dict(each.categories)["licensing"] for each in scores] == [25, 75]


def test_what_nothing_is_asked_for_does_not_count() -> None:
    json = bom(metadata={"timestamp": "2026-11-26T00:00:00Z"}, dependencies=[])
    assert "licensing" not in dict(score(named(json)).categories)
