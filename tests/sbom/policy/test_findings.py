from __future__ import annotations

from typing import get_args

import pytest

from workflow_sbom.policy import findings
from workflow_sbom.policy.findings import Finding, Flaw, Place, remedy, weight, what

WHERE = Place(document="a.cdx.json", path="components[3]", purl="pkg:pypi/x@1.0")
VEX = Place(document="vex.json", path="statements[0]")
FLAW = Flaw(names=("CVE-2026-1", "GHSA-1"), summary="It\x1b[31m bites", severity="high")

EACH: list[tuple[Finding, str, str, str]] = [
    (findings.LicenceRefused(WHERE, "X"), "fail", "the licence X is not allowed", "replace"),
    (findings.LicenceUnknown(WHERE, "why"), "unknown", "not known: why", "find out"),
    (
        findings.Vulnerable(WHERE, FLAW),
        "fail",
        r"CVE-2026-1 (GHSA-1), severity high: It\x1b[31m bites",
        "replace it",
    ),
    (findings.Tolerated(WHERE, FLAW, "critical"), "told", "below the threshold critical", ""),
    (
        findings.Suppressed(WHERE, FLAW, VEX, "code_not_present"),
        "told",
        "does not matter by vex.json: statements[0]: code_not_present",
        "",
    ),
    (
        findings.Contradicted(WHERE, FLAW, (VEX, VEX)),
        "fail",
        "contradict each other: vex.json: statements[0], vex.json: statements[0]",
        "mend",
    ),
    (findings.NotJudged(WHERE, "why"), "unknown", "vulnerable is not known: why", "package URL"),
    (findings.DatabaseUnfit(WHERE, "it is old"), "unknown", "it is old", "fresh"),
    (findings.RecordUnread(WHERE, "why"), "unknown", "can't be read: why", "again"),
    (findings.StatementRefused(WHERE, "why"), "unknown", "VEX statement: why", "mend"),
    (findings.Expired(WHERE, "2026-01-01"), "told", "until 2026-01-01", "new day"),
    (findings.Accepted(WHERE, "no URL", "looked"), "told", "no URL; accepted: looked", ""),
    (findings.Unused(WHERE), "told", "excuses nothing that is there", "remove"),
    (findings.FieldMissing(WHERE, "purl"), "told", "missing: purl", "say it"),
    (findings.Placeholder(WHERE, "0.0.0"), "fail", "'0.0.0' is a placeholder", "true value"),
    (findings.QualityLow(WHERE, 60, 90), "fail", "60 of 100; at least 90", "fill in"),
]


def test_every_kind_is_here() -> None:
    assert {type(each) for each, *_ in EACH} == set(get_args(Finding))


@pytest.mark.parametrize(("finding", "weighs", "text", "mend"), EACH)
def test_a_finding_says_what_and_the_remedy(
    finding: Finding, weighs: str, text: str, mend: str
) -> None:
    assert weight(finding) == weighs
    assert text in what(finding)
    assert mend in remedy(finding)
    assert bool(remedy(finding)) is bool(mend)


def test_a_place_says_where() -> None:
    assert str(WHERE) == "a.cdx.json: components[3] (pkg:pypi/x@1.0)"
    assert str(Place(document="a\x1b")) == r"a\x1b"


def test_a_fix_is_offered_where_there_is_one() -> None:
    fixed = Flaw(names=("CVE-1",), fixed="2.0\x1b")
    offered = remedy(findings.Vulnerable(WHERE, fixed))
    assert offered == r"upgrade to 2.0\x1b, or say in a VEX file why it does not matter"


def test_texts_from_outside_are_bounded() -> None:
    assert len(what(findings.NotJudged(WHERE, "x" * 10_000))) == 300
