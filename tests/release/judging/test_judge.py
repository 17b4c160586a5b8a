"""The judge clears or refuses as a whole, and nothing else makes what it makes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import replace

import pytest

from support import candidates
from workflow_release.errors import GateError
from workflow_release.judging.gates.interface import Candidate, Fault, Gate
from workflow_release.judging.judge import GATES, PLAN_GATES, Cleared, judge, preflight
from workflow_release.version import Version


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidates.candidate()


def test_a_good_release_is_cleared_by_every_gate(good: Candidate) -> None:
    cleared = judge(good)
    assert cleared.plan is good.plan
    assert cleared.attested is good.attested
    assert cleared.gates == (
        "clean-tree",
        "strict-tag",
        "tag-on-main",
        "unreleased",
        "unoccupied",
        "publishable",
        "complete",
        "described",
        "wellformed",
        "metadata",
        "requirements",
        "reported",
        "members",
        "stray-files",
        "coverage",
        "locked",
        "licence-text",
        "licence-expression",
    )


def test_all_findings_of_all_gates_come_back_at_once(good: Candidate) -> None:
    bad = candidates.resource(good, clean=False, tag=None)
    bad = candidates.reexamined(bad, candidates.WHEEL, requirements=("x @ file:///x",))
    bad = candidates.reexamined(bad, candidates.SDIST, licence_files=())
    with pytest.raises(GateError) as refused:
        judge(replace(bad, occupied=("dist/1.2.3 holds a release of abc",)))
    gates = [finding.gate for finding in refused.value.findings]
    assert gates == [
        "clean-tree",
        "strict-tag",
        "unreleased",
        "unoccupied",
        "requirements",
        "licence-text",
    ]
    assert refused.value.exit_code == 9
    lines = refused.value.message.splitlines()
    assert lines[0] == "thing 1.2.3 is refused, 6 findings:"
    assert lines[5] == (
        "  requirements: thing-1.2.3-py3-none-any.whl: Requires-Dist: x @ file:///x: it is taken"
        " from an address, not from an index (remedy: depend on a version that an index has;"
        " addresses, paths and editables stay at home)"
    )


def test_every_finding_has_a_remedy(good: Candidate) -> None:
    bad = candidates.resource(good, clean=False, refused_tags=("v1",), on_main=False)
    bad = replace(bad, evidence=(), locks=())
    with pytest.raises(GateError) as refused:
        judge(bad)
    assert all(finding.remedy for finding in refused.value.findings)
    assert refused.value.remedy


@pytest.mark.parametrize("version", ["1.2.3-dev.4", "1.2.3-rc.1"])
def test_a_pre_release_need_not_pass_the_gates_for_stable_ones(version: str) -> None:
    concerned = {gate.name for gate in GATES if gate.applies_to(Version.parse(version))}
    left_out = {gate.name for gate in GATES} - concerned
    assert left_out == {"locked", "licence-text", "licence-expression"}


def test_no_gates_clear_nothing(good: Candidate) -> None:
    with pytest.raises(GateError, match="no gate concerns"):
        judge(good, gates=())


def test_gates_that_do_not_concern_a_version_clear_nothing(good: Candidate) -> None:
    for_stable = Gate(name="x", concerns="stable", check=lambda _: ())
    assert judge(good, gates=(for_stable,)).gates == ("x",)
    with pytest.raises(GateError, match="no gate concerns"):
        judge(candidates.replan(good, version=Version.parse("1.2.3-dev.1")), gates=(for_stable,))


def test_a_gate_that_cannot_tell_lets_through_and_is_not_among_those_passed(
    good: Candidate,
) -> None:
    passing = Gate(name="x", concerns="every", check=lambda _: ())
    unsure = Gate(
        name="y",
        concerns="every",
        check=lambda _: (),
        open=lambda _: [Fault("a\x1b", "not known", "look")],
    )
    cleared = judge(good, gates=(passing, unsure))
    assert cleared.gates == ("x",)
    assert [(each.gate, each.subject) for each in cleared.undecided] == [("y", "a\\x1b")]


def test_a_gate_that_nobody_asks_for_is_not_among_those_passed(good: Candidate) -> None:
    passing = Gate(name="x", concerns="every", check=lambda _: ())
    refusing = Gate(
        name="y",
        concerns="every",
        check=lambda _: [Fault("a", "b", "c")],
        asked=lambda candidate: candidate is not good,
    )
    assert judge(good, gates=(passing, refusing)).gates == ("x",)
    with pytest.raises(GateError):
        judge(replace(good), gates=(passing, refusing))


def test_what_a_finding_quotes_cannot_act_on_a_terminal(good: Candidate) -> None:
    hostile = Gate(
        name="x",
        concerns="every",
        check=lambda _: [Fault("a\x1b[2Jb\n", "\u202e" + "m" * 5000, "r")],
    )
    with pytest.raises(GateError) as refused:
        judge(good, gates=(hostile,))
    (finding,) = refused.value.findings
    assert finding.subject == "a\\x1b[2Jb\\n"
    assert finding.message.startswith("\\u202emmm")
    assert len(finding.message) < 700
    assert len(refused.value.message.splitlines()) == 2


def test_only_the_judge_makes_what_is_cleared(good: Candidate) -> None:
    with pytest.raises(GateError, match="cleared by the judge"):
        Cleared(plan=good.plan, attested=good.attested, gates=(), undecided=(), token=object())
    with pytest.raises(TypeError):
        Cleared(plan=good.plan, attested=good.attested, gates=())  # type: ignore[call-arg]


def test_what_is_cleared_is_not_copied_changed_or_stored(good: Candidate) -> None:
    cleared = judge(good)
    # Python 3.13 made this a TypeError.
    with pytest.raises((TypeError, ValueError), match="token"):
        replace(cleared, gates=())  # type: ignore[call-arg]
    with pytest.raises(dataclasses.FrozenInstanceError):
        cleared.gates = ()  # type: ignore[misc]
    for leave in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="judge it again"):
            leave(cleared)


def test_the_plan_alone_is_refused_before_anything_is_built(good: Candidate) -> None:
    preflight(good.plan, ())
    dirty = candidates.resource(good, clean=False)
    with pytest.raises(GateError) as refused:
        preflight(dirty.plan, ("dist/1.2.3 holds something else",))
    assert [each.gate for each in refused.value.findings] == ["clean-tree", "unoccupied"]


def test_what_refuses_early_refuses_in_the_end_too() -> None:
    assert GATES[: len(PLAN_GATES)] == PLAN_GATES
    assert len({gate.name for gate in GATES}) == len(GATES)
