from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from support.candidates import IMAGE, WHEEL, candidate, findings, reexamined, replan
from workflow_containers.platform import AMD64
from workflow_release.judging.gates.interface import Candidate
from workflow_release.model import GoBinary


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def test_artifacts_in_which_everything_is_explained_pass(good: Candidate) -> None:
    assert findings("coverage", good) == []


def test_one_entry_that_nothing_explains_is_enough(good: Candidate) -> None:
    bad = reexamined(good, IMAGE, unexplained=("linux/amd64: usr/x: nothing brings it",))
    assert findings("coverage", bad) == ["box-1.2.3.oci.tar: linux/amd64: usr/x: nothing brings it"]


def test_an_artifact_that_nobody_went_through_does_not_pass(good: Candidate) -> None:
    assert findings("coverage", reexamined(good, WHEEL, unexplained=None)) == [
        "thing-1.2.3-py3-none-any.whl: nobody went through what is in it"
    ]


def test_very_many_are_counted(good: Candidate) -> None:
    bad = reexamined(good, WHEEL, unexplained=tuple(f"{at}: planted" for at in range(100)))
    found = findings("coverage", bad)
    assert len(found) == 21
    assert found[-1].endswith(": and 80 more entries that nothing explains")
    few = reexamined(good, WHEEL, unexplained=tuple(f"{at}: planted" for at in range(20)))
    assert len(findings("coverage", few)) == 20


def test_a_program_is_one_file_and_needs_no_list(good: Candidate) -> None:
    program = GoBinary(
        name="thing", project=PurePosixPath(), package=".", variable="main.v", platform=AMD64
    )
    recipes = tuple(program if each is WHEEL else each for each in good.plan.recipes)
    artifacts = tuple(
        replace(each, recipe=program.id) if each.recipe == WHEEL.id else each
        for each in good.attested.artifacts
    )
    changed = replace(good, attested=replace(good.attested, artifacts=artifacts))
    changed = reexamined(replan(changed, recipes=recipes), WHEEL, unexplained=None)
    assert findings("coverage", changed) == []
