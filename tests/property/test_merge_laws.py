"""Laws of merging: it is a function of the set of documents, and nothing in them is lost.

Merging in steps gives the same as merging at once unless somewhere two documents disagree: by one
reference for different things, or by things that seem one and contradict. (Then, too, nothing is
lost; but which of three stay apart depends on which two met first.)
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.containment import body, lost, with_subject_among_components
from workflow_sbom.documents.merge import Merged, merge
from workflow_sbom.documents.references import carriers
from workflow_sbom.documents.view import Document, read, view

NAMES = ("a", "b", "c", "d")
SPECS = st.sampled_from(["1.4", "1.5", "1.6", "1.7"])
LICENCES = st.lists(st.sampled_from(["MIT", "ISC", "Zlib"]), unique=True, max_size=2).map(
    lambda found: [{"license": {"id": each}} for each in found]
)
PROPERTIES = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(NAMES), "value": st.sampled_from(NAMES)}),
    max_size=2,
)
SERIALS = st.uuids(version=4).map(lambda found: f"urn:uuid:{found}")


def library(name: str, more: dict[str, Any]) -> dict[str, Any]:
    about = {"type": "library", "name": name, "version": "1", "purl": f"pkg:pypi/{name}@1"}
    return {"bom-ref": f"r-{name}", **about, **more}


@st.composite
def agreeing(draw: st.DrawFn) -> Document:
    """A document of a world where one reference means one thing and nobody contradicts."""
    present = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    more = st.fixed_dictionaries({}, optional={"licenses": LICENCES, "properties": PROPERTIES})
    refs = [f"r-{name}" for name in present]
    edges = st.lists(st.sampled_from(refs), unique=True) if refs else st.just([])
    document: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": draw(SPECS)}
    parts = {
        "serialNumber": SERIALS,
        "metadata": st.fixed_dictionaries({}, optional={"properties": PROPERTIES}),
        "components": st.just([library(name, draw(more)) for name in present]),
        "dependencies": st.just([{"ref": ref, "dependsOn": draw(edges)} for ref in refs]),
        "compositions": st.just([{"aggregate": "complete", "assemblies": refs}]),
        "vulnerabilities": st.just([{"id": "CVE-1", "affects": [{"ref": ref} for ref in refs]}]),
    }
    return view(document | draw(st.fixed_dictionaries({}, optional=parts)))


@st.composite
def quarrelling(draw: st.DrawFn) -> Document:
    """A document that may say anything different of the same names and references."""
    refs = st.sampled_from(NAMES)
    component = st.fixed_dictionaries(
        {"type": st.sampled_from(["library", "file"]), "name": st.sampled_from(NAMES)},
        optional={
            "bom-ref": refs,
            "version": st.sampled_from(["1", "2"]),
            "purl": st.sampled_from(["pkg:pypi/a@1", "pkg:pypi/b@1"]),
            "description": st.sampled_from(NAMES),
            "licenses": LICENCES,
            "externalReferences": st.just([{"type": "vcs", "url": "https://x.test"}]),
        },
    )
    nested = st.fixed_dictionaries(
        {"type": st.just("container"), "name": refs, "components": st.lists(component, max_size=2)},
        optional={"bom-ref": refs},
    )
    parts = {
        "serialNumber": SERIALS,
        "metadata": st.fixed_dictionaries(
            {}, optional={"component": component, "timestamp": st.just("2026-01-02T03:04:05Z")}
        ),
        "components": _unique(component | nested),
        "dependencies": _unique(
            st.fixed_dictionaries({"ref": refs}, optional={"dependsOn": _unique(refs)})
        ),
        "compositions": _unique(
            st.fixed_dictionaries(
                {"aggregate": st.sampled_from(["complete", "incomplete"])},
                optional={"assemblies": _unique(refs)},
            )
        ),
        "vulnerabilities": _unique(
            st.fixed_dictionaries(
                {"id": refs}, optional={"bom-ref": refs, "detail": refs, "affects": AFFECTED}
            )
        ),
    }
    head = {"bomFormat": "CycloneDX", "specVersion": draw(SPECS)}
    document = head | draw(st.fixed_dictionaries({}, optional=parts))
    return view(_without_repeats(document))


AFFECTED = st.lists(
    st.fixed_dictionaries({"ref": st.sampled_from(NAMES)}), max_size=2, unique_by=json.dumps
)


def _unique(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, max_size=3, unique_by=lambda item: json.dumps(item, sort_keys=True))


def _without_repeats(value: Any) -> Any:
    """What the schema asks of every list here: that no item stands twice."""
    if isinstance(value, dict):
        return {key: _without_repeats(item) for key, item in value.items()}
    if isinstance(value, list):
        items = {json.dumps(item, sort_keys=True): item for item in value}
        return [_without_repeats(item) for item in items.values()]
    return value


def again(merged: Merged) -> Document:
    return read(merged.document())


DOCUMENTS = agreeing() | quarrelling()


@given(DOCUMENTS, DOCUMENTS)
def test_order_and_repetition_have_no_effect(one: Document, other: Document) -> None:
    merged = merge([one, other]).document()
    assert merge([other, one]).document() == merged
    assert merge([one, other, one]).document() == merged


@given(DOCUMENTS)
def test_a_document_alone_says_what_it_said(one: Document) -> None:
    merged = merge([one])
    assert [*lost(body(one.json), merged.json)] == []
    assert merge([again(merged)]).document() == merged.document()


@given(agreeing(), agreeing())
def test_nothing_is_lost(one: Document, other: Document) -> None:
    merged = merge([one, other]).json
    assert [*lost(body(one.json), merged), *lost(body(other.json), merged)] == []


@given(quarrelling(), quarrelling())
def test_nothing_is_lost_of_documents_that_quarrel(one: Document, other: Document) -> None:
    merged = merge([one, other]).json
    common = "component" in merged.get("metadata", {})
    said = body if common else with_subject_among_components
    assert [*lost(said(one.json), merged, renamed=True)] == []
    assert [*lost(said(other.json), merged, renamed=True)] == []


@given(quarrelling(), quarrelling())
def test_references_refer_to_what_they_did(one: Document, other: Document) -> None:
    merged = merge([one, other]).json
    for source in (one.json, other.json):
        if len(_borne(source)) == len({*_borne(source)}):
            for edge in _edges(source):
                assert any(_same_edge(edge, found) for found in _edges(merged))


def _edges(document: Any) -> list[tuple[Any, Any]]:
    """The edges of the graph between things that are there, as these things."""
    things = {each["bom-ref"]: each for each in carriers(document)}
    return [
        (things[entry["ref"]], things[ref])
        for entry in document.get("dependencies", [])
        for ref in entry.get("dependsOn", [])
        if entry["ref"] in things and ref in things
    ]


def _same_edge(edge: tuple[Any, Any], found: tuple[Any, Any]) -> bool:
    return not any([*lost(old, new, renamed=True)] for old, new in zip(edge, found, strict=True))


@given(agreeing(), agreeing(), agreeing())
def test_merging_in_steps_is_merging_at_once(one: Document, two: Document, three: Document) -> None:
    at_once = merge([one, two, three]).document()
    assert merge([again(merge([one, two])), three]).document() == at_once
    assert merge([one, again(merge([two, three]))]).document() == at_once


@given(quarrelling(), quarrelling())
def test_a_merged_document_is_sound_where_its_sources_are(one: Document, other: Document) -> None:
    """No reference is borne twice unless a source bears it twice."""
    if all(len(refs) == len({*refs}) for refs in map(_borne, (one.json, other.json))):
        refs = _borne(merge([one, other]).json)
        assert len(refs) == len({*refs})


def _borne(document: Any) -> list[str]:
    return [each["bom-ref"] for each in carriers(document)]
