from __future__ import annotations

import pytest

from support.candidates import candidate, findings, replan, resource
from workflow_release.judging.gates.interface import Candidate
from workflow_release.version import Version


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


@pytest.mark.parametrize("gate", ["clean-tree", "strict-tag", "tag-on-main"])
def test_a_clean_tagged_commit_on_main_passes(good: Candidate, gate: str) -> None:
    assert findings(gate, good) == []


def test_a_changed_tree_is_refused(good: Candidate) -> None:
    assert findings("clean-tree", resource(good, clean=False)) == [
        f"{'c' * 12}: the working tree differs from the commit, and only the commit is built"
    ]


@pytest.mark.parametrize("version", ["1.2.3", "1.2.3-rc.2"])
def test_a_release_and_a_candidate_need_their_tag(good: Candidate, version: str) -> None:
    bare = resource(replan(good, version=Version.parse(version)), tag=None)
    assert findings("strict-tag", bare) == [f"{version}: no tag on the commit names this version"]
    assert findings("strict-tag", resource(bare, tag=f"v{version}")) == []
    assert findings("strict-tag", resource(bare, tag=f"product/v{version}")) == []


@pytest.mark.parametrize("tag", ["v11.2.3", "v0.1.2.3", "v1.2.3-rc.1", "v1.2", ""])
def test_a_tag_that_only_ends_alike_names_another_version(good: Candidate, tag: str) -> None:
    assert len(findings("strict-tag", resource(good, tag=tag))) == 1


def test_a_tag_of_another_version_is_named(good: Candidate) -> None:
    assert findings("strict-tag", resource(good, tag="v1.2.4")) == [
        "1.2.3: no tag on the commit names this version, v1.2.4 does not"
    ]


@pytest.mark.parametrize("version", ["1.2.3-dev.4", "1.2.3-dev.4+g0123456789ab"])
def test_a_development_version_needs_no_tag(good: Candidate, version: str) -> None:
    untagged = resource(replan(good, version=Version.parse(version)), tag=None)
    assert findings("strict-tag", untagged) == []
    assert findings("tag-on-main", resource(untagged, on_main=False)) == []


def test_a_tag_that_looks_like_a_version_is_refused_for_pre_releases_too(good: Candidate) -> None:
    development = replan(good, version=Version.parse("0.18.11-dev.2"))
    tagged = resource(development, tag=None, refused_tags=("v0.18.10.1", "v1"))
    assert [each.split(":")[0] for each in findings("strict-tag", tagged)] == ["v0.18.10.1", "v1"]


def test_a_tag_beside_the_main_branch_is_refused(good: Candidate) -> None:
    assert findings("tag-on-main", resource(good, on_main=False)) == [
        "v1.2.3: the tagged commit is not in the first-parent history of the main branch"
    ]
