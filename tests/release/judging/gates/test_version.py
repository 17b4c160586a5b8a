from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from support.candidates import candidate, findings, replan, resource
from workflow_release.judging.gates.interface import Candidate
from workflow_release.version import Version


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def test_the_tagged_commit_itself_may_be_released_again(good: Candidate) -> None:
    assert Version.parse("1.2.3") in good.plan.released
    assert findings("unreleased", good) == []


def test_a_version_that_another_commit_has_is_refused(good: Candidate) -> None:
    assert findings("unreleased", resource(good, tag=None)) == [
        "1.2.3: a tag on another commit names this version already"
    ]


@pytest.mark.parametrize("previous", ["1.2.3", "1.2.4", "2.0.0"])
def test_a_version_that_does_not_come_after_the_last_is_refused(
    good: Candidate, previous: str
) -> None:
    assert findings("unreleased", replan(good, previous=Version.parse(previous))) == [
        f"1.2.3: it does not come after {previous}, which an earlier commit released"
    ]


def test_the_first_release_of_all_has_nothing_to_come_after(good: Candidate) -> None:
    assert findings("unreleased", replan(good, previous=None, released=())) == []


def test_a_later_release_elsewhere_does_not_stop_building_an_old_commit(good: Candidate) -> None:
    released = (*good.plan.released, Version.parse("2.0.0"))
    assert findings("unreleased", replan(good, released=released)) == []


def test_a_target_that_holds_something_else_is_refused(good: Candidate) -> None:
    assert findings("unoccupied", good) == []
    taken = replace(good, occupied=("dist/1.2.3 holds a release of abc", "elsewhere"))
    assert findings("unoccupied", taken) == [
        "1.2.3: dist/1.2.3 holds a release of abc",
        "1.2.3: elsewhere",
    ]


@dataclass(frozen=True, slots=True)
class Index:
    """A target beyond this machine."""

    kind: str = "index"


@pytest.mark.parametrize("build", ["g0123456789ab", "g0123456789ab.dirty"])
def test_build_metadata_goes_to_folders_alone(good: Candidate, build: str) -> None:
    marked = replan(good, version=replace(good.plan.version, build=build))
    assert findings("publishable", marked) == []
    public = replan(marked, targets=(*good.plan.targets, Index()))
    assert findings("publishable", public) == [
        f"1.2.3+{build}: it may not be published to the target index: it has build metadata"
    ]
    assert findings("publishable", replan(good, targets=(Index(),))) == []
