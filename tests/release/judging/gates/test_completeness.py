from __future__ import annotations

from dataclasses import replace

import pytest

from support.candidates import RECIPES, SDIST, candidate, evidence, findings, replan, sbom
from workflow_release.judging.gates.interface import Candidate
from workflow_release.model import File, GoBinary
from workflow_sbom.digest import Digest


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def without_last(good: Candidate) -> Candidate:
    attested = replace(
        good.attested, artifacts=good.attested.artifacts[:-1], sboms=good.attested.sboms[:-1]
    )
    return replace(good, attested=attested)


def test_everything_planned_made_examined_and_described_passes(good: Candidate) -> None:
    assert findings("complete", good) == []
    assert findings("described", good) == []


def test_an_artifact_that_was_not_made_is_missed(good: Candidate) -> None:
    assert findings("complete", without_last(good)) == ["image:box: planned once, made 0 times"]


def test_an_artifact_that_nobody_planned_is_refused(good: Candidate) -> None:
    smaller = replan(good, recipes=RECIPES[:-1])
    assert findings("complete", smaller) == [
        "box-1.2.3.oci.tar: made by image:box, which nobody planned"
    ]


def test_a_plan_without_recipes_is_refused(good: Candidate) -> None:
    assert "thing: nothing was planned" in findings("complete", replan(good, recipes=()))


def test_one_recipe_makes_one_artifact(good: Candidate) -> None:
    first = good.attested.artifacts[0]
    twin = replace(first, name="thing-1.2.3.tar.bz2")
    attested = replace(
        good.attested,
        artifacts=(*good.attested.artifacts, twin),
        sboms=(*good.attested.sboms, sbom(twin)),
    )
    assert findings("complete", replace(good, attested=attested)) == [
        "sdist:thing: planned once, made 2 times",
        "thing-1.2.3.tar.bz2: examined 0 times instead of once",
    ]


def test_what_was_not_examined_is_refused(good: Candidate) -> None:
    assert findings("complete", replace(good, evidence=good.evidence[1:])) == [
        "thing-1.2.3.tar.gz: examined 0 times instead of once"
    ]


def test_evidence_about_other_bytes_is_none(good: Candidate) -> None:
    _, other = evidence(SDIST, b"other bytes")
    swapped = replace(good, evidence=(other, *good.evidence[1:]))
    assert findings("complete", swapped) == [
        f"thing-1.2.3.tar.gz: other bytes were examined: {Digest.of(b'other bytes')}"
    ]


def test_an_image_is_the_one_that_registries_will_have(good: Candidate) -> None:
    first, *rest = good.attested.artifacts
    elsewhere = replace(first, index=Digest.of(b"another index"))
    attested = replace(good.attested, artifacts=(elsewhere, *rest))
    assert findings("complete", replace(good, attested=attested)) == [
        f"{first.name}: its index is None, not {elsewhere.index}"
    ]


def test_two_files_of_one_name_are_refused_whatever_the_case(good: Candidate) -> None:
    attested = replace(good.attested, sums=replace(good.attested.sums, name="FACE-1.2.3.TAR.GZ"))
    assert findings("complete", replace(good, attested=attested)) == [
        "face-1.2.3.tar.gz: two files of the release have this name"
    ]


@pytest.mark.parametrize("name", ["release.json", "../x", "a b", "x.cdx.json", "-rf", "é.whl"])
def test_names_that_are_no_artifact_names_are_refused(good: Candidate, name: str) -> None:
    artifacts = (replace(good.attested.artifacts[0], name=name), *good.attested.artifacts[1:])
    renamed = replace(good, attested=replace(good.attested, artifacts=artifacts))
    assert any(each.startswith(f"{name}: '{name}'") for each in findings("complete", renamed))


def test_swapped_sboms_are_refused(good: Candidate) -> None:
    first, second, *rest = good.attested.sboms
    swapped = (
        replace(second, name=first.name),
        replace(first, name=second.name),
        *rest,
    )
    found = findings("described", replace(good, attested=replace(good.attested, sboms=swapped)))
    assert [each.partition(":")[0] for each in found] == [first.name, second.name]
    assert "it describes other bytes" in found[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"no json", b'{"metadata": {"component": {"hashes": [1]}}}', b'"x"'],
)
def test_an_sbom_without_a_hashed_subject_is_refused(good: Candidate, content: bytes) -> None:
    first, *rest = good.attested.sboms
    empty = File.of(first.name, first.media_type, content)
    broken = replace(good, attested=replace(good.attested, sboms=(empty, *rest)))
    (found,) = findings("described", broken)
    assert found.startswith(f"{first.name}: no SBOM with a hashed subject")


def test_an_sbom_of_another_name_is_refused(good: Candidate) -> None:
    first, *rest = good.attested.sboms
    attested = replace(good.attested, sboms=(replace(first, name="x.cdx.json"), *rest))
    assert findings("described", replace(good, attested=attested)) == [
        "thing-1.2.3.tar.gz: its SBOM is called x.cdx.json"
    ]


def test_a_recipe_kind_without_artifact_is_missed(good: Candidate) -> None:
    from pathlib import PurePosixPath

    from workflow_containers.platform import AMD64

    program = GoBinary(
        name="tool",
        project=PurePosixPath(),
        package=".",
        variable="main.version",
        platform=AMD64,
    )
    more = replan(good, recipes=(*RECIPES, program))
    assert findings("complete", more) == ["go:tool:linux/amd64: planned once, made 0 times"]
