"""Whatever is wrong with a release, everything that is wrong is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import built
from support.candidates import IMAGE, SDIST, UI, WHEEL, candidate, evidence, reexamined, replan
from support.candidates import resource as source
from workflow_release.errors import GateError
from workflow_release.judging.evidence import Member, Report
from workflow_release.judging.gates import GATES
from workflow_release.judging.gates.interface import Candidate
from workflow_release.judging.judge import judge
from workflow_release.version import Version
from workflow_sbom.policy.findings import LicenceRefused, Place
from workflow_sbom.policy.verdict import Verdict

GOOD = candidate()
HOSTILE, _ = evidence(SDIST, built.sdist())

Fault = Callable[[Candidate], Candidate]


def widened(before: Candidate, member: Member) -> Candidate:
    mine = next(each for each in before.evidence if each.artifact == HOSTILE.name)
    return reexamined(before, SDIST, members=(*mine.members, member))


def unlocked(before: Candidate) -> Candidate:
    first, *rest = before.locks
    return replace(before, locks=(replace(first, unlocked=("x is open",)), *rest))


def undescribed(before: Candidate) -> Candidate:
    first, *rest = before.attested.sboms
    broken = replace(first, content=b"{}")
    return replace(before, attested=replace(before.attested, sboms=(broken, *rest)))


def refused(before: Candidate) -> Candidate:
    found = LicenceRefused(Place(document="thing.cdx.json"), "X")
    return replace(before, verdict=Verdict.of((found,)))


def misnamed(before: Candidate) -> Candidate:
    attested = replace(before.attested, sums=replace(before.attested.sums, name="release.json"))
    return replace(before, attested=attested)


FAULTS: dict[str, Fault] = {
    "clean-tree": lambda c: source(c, clean=False),
    "strict-tag": lambda c: source(c, refused_tags=("v1",)),
    "tag-on-main": lambda c: source(c, on_main=False),
    "unreleased": lambda c: replan(c, previous=Version.parse("1.2.3")),
    "unoccupied": lambda c: replace(c, occupied=("dist/1.2.3 is taken",)),
    "complete": misnamed,
    "described": undescribed,
    "wellformed": lambda c: reexamined(c, IMAGE, faults=("torn",)),
    "metadata": lambda c: reexamined(c, UI, claims=()),
    "requirements": lambda c: reexamined(c, WHEEL, requirements=("x @ file:///x",)),
    "reported": lambda c: reexamined(
        c, WHEEL, reported=(Report(command=("x",), code=0, printed="0.0.0"),)
    ),
    "members": lambda c: widened(c, Member(path="thing-1.2.3/../x", kind="file")),
    "stray-files": lambda c: widened(c, Member(path="thing-1.2.3/.env", kind="file")),
    "coverage": lambda c: reexamined(c, WHEEL, unexplained=("x: nothing brings it",)),
    "policy": refused,
    "locked": unlocked,
    "licence-text": lambda c: reexamined(c, WHEEL, licence_files=()),
    "licence-expression": lambda c: reexamined(c, WHEEL, licence_expression="no licence"),
}


def refusing(bad: Candidate) -> set[str]:
    """The gates that find something."""
    try:
        judge(bad)
    except GateError as error:
        return {finding.gate for finding in error.findings}
    return set()


def test_there_is_a_fault_for_every_gate_that_this_candidate_can_offend() -> None:
    # Nothing but folders can be a target yet, so nothing offends `publishable` here.
    assert FAULTS.keys() == {gate.name for gate in GATES} - {"publishable"}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_its_gate_and_by_no_other(name: str) -> None:
    assert refusing(FAULTS[name](GOOD)) == {name}


@given(st.lists(st.sampled_from(sorted(FAULTS)), unique=True))
def test_a_fault_never_hides_another(names: list[str]) -> None:
    bad = GOOD
    for name in names:
        bad = FAULTS[name](bad)
    assert refusing(bad) == set(names)


@given(
    dropped=st.sets(st.integers(0, 3), min_size=1),
    names=st.lists(st.sampled_from(sorted(FAULTS)), unique=True, max_size=3),
)
def test_missing_evidence_never_clears_anything(dropped: set[int], names: list[str]) -> None:
    bad = GOOD
    for name in names:
        bad = FAULTS[name](bad)
    kept = tuple(each for at, each in enumerate(bad.evidence) if at not in dropped)
    assert "complete" in refusing(replace(bad, evidence=kept))


@given(
    requirements=st.lists(st.text(max_size=40), max_size=3),
    expression=st.none() | st.text(max_size=40),
    paths=st.lists(st.text(max_size=60), max_size=5),
    printed=st.text(max_size=80),
)
def test_whatever_a_file_says_is_judged_without_stumbling(
    requirements: list[str], expression: str | None, paths: list[str], printed: str
) -> None:
    hostile = reexamined(
        GOOD,
        WHEEL,
        requirements=tuple(requirements),
        licence_expression=expression,
        members=tuple(Member(path=path, kind="symlink", link=path) for path in paths),
        reported=(Report(command=(printed,), code=0, printed=printed),),
        faults=(printed,),
    )
    with pytest.raises(GateError) as refused:
        judge(hostile)
    assert all(
        f"{finding.subject}{finding.message}".isprintable() for finding in refused.value.findings
    )
