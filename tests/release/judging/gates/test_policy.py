from __future__ import annotations

from dataclasses import replace

import pytest

from support.candidates import candidate, findings, replan
from workflow_release.errors import GateError
from workflow_release.judging.gates import GATES
from workflow_release.judging.gates.interface import Candidate, Gate
from workflow_release.judging.judge import judge
from workflow_release.version import Version
from workflow_sbom.policy.findings import (
    DatabaseUnfit,
    Finding,
    LicenceRefused,
    LicenceUnknown,
    Place,
    Unused,
)
from workflow_sbom.policy.verdict import Verdict

WHERE = [Place(document="thing.cdx.json", path=f"components[{at}]") for at in range(9)]
POLICY = next(each for each in GATES if each.name == "policy")
PASSING = Gate(name="passing", concerns="every", check=lambda _: ())
MISSING = DatabaseUnfit(Place(document="vulnerabilities"), "no database is given")


@pytest.fixture(scope="module")
def good() -> Candidate:
    return candidate()


def answered(before: Candidate, *found: Finding, version: str = "1.2.3") -> Candidate:
    plan = replan(before, version=Version.parse(version))
    return replace(plan, verdict=Verdict.of(found))


def test_without_a_policy_the_gate_is_not_asked(good: Candidate) -> None:
    assert "policy" not in judge(good).gates
    assert findings("policy", good) == []


def test_a_policy_that_is_met_passes(good: Candidate) -> None:
    assert "policy" in judge(answered(good, Unused(WHERE[0]))).gates


@pytest.mark.parametrize("version", ["1.2.3", "1.2.3-dev.4"])
def test_what_the_policy_refuses_is_refused_for_every_version(
    good: Candidate, version: str
) -> None:
    bad = answered(good, LicenceRefused(WHERE[0], "GPL-3.0-only"), version=version)
    assert findings("policy", bad) == [
        "thing.cdx.json: components[0]: the licence GPL-3.0-only is not allowed"
    ]


def test_what_many_have_alike_is_one_finding(good: Candidate) -> None:
    bad = answered(good, *(LicenceRefused(each, "X") for each in WHERE), MISSING)
    assert findings("policy", bad) == [
        f"{WHERE[0]}: the licence X is not allowed (also: {WHERE[1]}; {WHERE[2]}; and 6 more)",
        "vulnerabilities: no database is given",
    ]


def test_what_is_not_known_stops_a_stable_release(good: Candidate) -> None:
    with pytest.raises(GateError, match="policy: vulnerabilities: no database is given") as caught:
        judge(answered(good, MISSING))
    assert all(each.remedy for each in caught.value.findings)


@pytest.mark.parametrize("version", ["1.2.3-rc.1", "1.2.3-dev.4"])
def test_what_is_not_known_of_a_pre_release_is_told_and_the_gate_is_not_passed(
    good: Candidate, version: str
) -> None:
    unsure = answered(good, MISSING, LicenceUnknown(WHERE[0], "none is stated"), version=version)
    assert findings("policy", unsure) == []
    cleared = judge(unsure, gates=(POLICY, PASSING))
    assert cleared.gates == ("passing",)
    assert [each.message for each in cleared.undecided] == [
        "the licence is not known: none is stated",
        "no database is given",
    ]
