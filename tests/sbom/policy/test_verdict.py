from __future__ import annotations

import itertools

import pytest

from workflow_sbom.policy.findings import Finding, LicenceRefused, LicenceUnknown, Place, Unused
from workflow_sbom.policy.verdict import Verdict

FAIL = LicenceRefused(Place(document="z"), "X")
UNKNOWN = LicenceUnknown(Place(document="b"), "why")
TOLD = Unused(Place(document="a"))


@pytest.mark.parametrize(
    ("found", "answer", "stops_stable", "stops_candidate"),
    [
        ((), "pass", False, False),
        ((TOLD,), "pass", False, False),
        ((TOLD, UNKNOWN), "unknown", True, False),
        ((TOLD, UNKNOWN, FAIL), "fail", True, True),
    ],
)
def test_unknown_is_not_good(
    found: tuple[Finding, ...], answer: str, stops_stable: bool, stops_candidate: bool
) -> None:
    verdict = Verdict.of(found)
    assert verdict.answer == answer
    assert verdict.stops(stable=True) is stops_stable
    assert verdict.stops(stable=False) is stops_candidate


def test_findings_are_in_one_order_each_once() -> None:
    given: list[Finding] = [FAIL, UNKNOWN, TOLD, TOLD]
    for found in itertools.permutations(given):
        assert Verdict.of(found).findings == (FAIL, UNKNOWN, TOLD)
    assert Verdict.of([FAIL, TOLD]).weighing("told") == (TOLD,)
