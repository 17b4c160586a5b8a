"""Laws of a release's bill of materials: nothing is lost, and no order or repetition counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support import spdx_documents
from support.sbom_models import sboms
from workflow_sbom.formats import spdx
from workflow_sbom.formats.spdx_package import identifier
from workflow_sbom.merging.origin import FileForm, Origin, attributed
from workflow_sbom.merging.placement import nesting
from workflow_sbom.merging.release import merge_release
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import (
    Composition,
    Containment,
    Dependency,
    Publication,
    Sbom,
)
from workflow_sbom.model.parts import Hash, Organisation

CREATED = datetime(2026, 11, 2, tzinfo=UTC)
SHARED = ("a", "b", "c", "d")


def digest(name: str) -> Hash:
    return Hash("SHA-256", name.encode().hex().rjust(64, "0"))


def known(ref: str) -> Component:
    return Component(ref=f"part:{ref}", kind="library", name=ref)


def artifact(name: str) -> Component:
    return Component(ref=f"artifact:{name}", kind="file", name=name, hashes=(digest(name),))


@st.composite
def documents(draw: st.DrawFn, name: str, others: tuple[str, ...]) -> Sbom:
    """An artifact that holds some of the shared parts, some nested, and files of the release."""
    chosen = draw(st.lists(st.sampled_from(SHARED), unique=True))
    flat, boxed = chosen[: len(chosen) // 2], chosen[len(chosen) // 2 :]
    box = Component(
        ref=f"box:{name}", kind="library", name="box", components=tuple(map(known, boxed))
    )
    files = draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    copies = [
        Component(ref=f"copy:{each}", kind="file", name=each, hashes=(digest(each),))
        for each in files
    ]
    components = (*map(known, flat), *copies, *([box] if boxed else []))
    refs = [each.ref for top in components for each in top.walk()]
    held = draw(st.lists(st.sampled_from(refs), max_size=2, unique=True)) if boxed else []
    inside = tuple(ref for ref in held if ref != box.ref)
    some = st.lists(st.sampled_from(refs), unique=True).map(tuple) if refs else st.just(())
    subject = artifact(name)
    edges = (Dependency(subject.ref, draw(some)),)
    return Sbom(
        subject=subject,
        components=components,
        dependencies=edges,
        compositions=(Composition("complete", assemblies=(subject.ref,)),),
        containments=(Containment(box.ref, inside),) if inside else (),
    )


@st.composite
def releases(draw: st.DrawFn) -> tuple[Sbom, ...]:
    names = ("engine", "image", "web")[: draw(st.integers(1, 3))]
    return tuple(
        draw(documents(name, tuple(each for each in names[:at]))) for at, name in enumerate(names)
    )


def held(sbom: Sbom) -> set[tuple[str, str]]:
    """What holds what in a document, by nesting or by name."""
    tops = (sbom.subject, *sbom.components)
    named = {(each.ref, part) for each in sbom.containments for part in each.parts}
    return named | set(nesting(tops))


def said(sbom: Sbom) -> Iterator[tuple[str, str]]:
    """The same for an artifact's document, where what stands at the top is in the subject."""
    yield from held(sbom)
    inside = {part for each in sbom.containments for part in each.parts}
    for each in sbom.components:
        if each.ref not in inside:
            yield sbom.subject.ref, each.ref


def renamed(ref: str) -> str:
    return ref.replace("copy:", "artifact:")


@given(releases(), st.randoms(use_true_random=False))
def test_no_order_and_no_repetition_counts(parts: tuple[Sbom, ...], random: Any) -> None:
    expected = merge_release("w", "1", parts)
    shuffled = random.sample([*parts, *parts], 2 * len(parts))
    assert merge_release("w", "1", shuffled) == expected


@given(releases())
def test_nothing_is_lost(parts: tuple[Sbom, ...]) -> None:
    merged = merge_release("w", "1", parts)
    refs = {each.ref for each in merged.walk()}
    assert refs == {"release:w@1"} | {renamed(each.ref) for sbom in parts for each in sbom.walk()}
    edges = {(edge.ref, to) for edge in merged.dependencies for to in edge.depends_on}
    for sbom in parts:
        for edge in sbom.dependencies:
            assert {(edge.ref, renamed(to)) for to in edge.depends_on} <= edges


@given(releases())
def test_what_holds_what_is_what_the_artifacts_say(parts: tuple[Sbom, ...]) -> None:
    merged = merge_release("w", "1", parts)
    expected = {(renamed(whole), renamed(part)) for sbom in parts for whole, part in said(sbom)}
    release = {("release:w@1", sbom.subject.ref) for sbom in parts}
    assert held(merged) == {pair for pair in expected if pair[0] != pair[1]} | release


@given(releases())
def test_every_component_is_spoken_of(parts: tuple[Sbom, ...]) -> None:
    merged = merge_release("w", "1", parts)
    spoken = [ref for each in merged.compositions for ref in each.dependencies]
    assert sorted(spoken) == sorted(each.ref for each in merged.walk())


@given(releases())
def test_spdx_says_the_same_of_what_holds_what(parts: tuple[Sbom, ...]) -> None:
    merged = merge_release("w", "1", parts)
    content = spdx.render(merged, created=CREATED, tool_version="1")
    assert spdx_documents.faults(content) == []
    relations = json.loads(content)["relationships"]
    contains = {
        (each["spdxElementId"], each["relatedSpdxElement"])
        for each in relations
        if each["relationshipType"] == "CONTAINS" and each["relatedSpdxElement"] != "NOASSERTION"
    }
    assert contains == {(identifier(whole), identifier(part)) for whole, part in said(merged)}


ORIGIN = Origin(
    publication=Publication(supplier=Organisation("The team")),
    source=f"git+https://example.org/x@{'c' * 40}",
    own=frozenset({"pkg:pypi/a@1"}),
)


@given(sboms())
def test_an_origin_is_given_once_and_takes_nothing_away(sbom: Sbom) -> None:
    file = FileForm("it.whl", "archive")
    once = attributed(sbom, ORIGIN, file)
    assert attributed(once, ORIGIN, file) == once
    assert [each.ref for each in once.walk()] == [each.ref for each in sbom.walk()]
    assert (once.dependencies, once.formulation) == (sbom.dependencies, sbom.formulation)
    for before, after in zip(sbom.walk(), once.walk(), strict=True):
        assert set(before.references) <= set(after.references)
        assert set(before.properties) <= set(after.properties)
        assert before.supplier in {None, after.supplier}
