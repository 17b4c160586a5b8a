from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from support.vex import SERIAL, analysed, cyclonedx
from workflow_sbom.policy.findings import Place, StatementRefused
from workflow_sbom.policy.vex.cyclonedx import JUSTIFICATIONS, STATES, Links, statements
from workflow_sbom.policy.vex.statement import Statement

NOW = datetime(2026, 11, 26, tzinfo=UTC)
FILE = Place(document="vex.cdx.json")
COMPONENTS = [
    {
        "type": "library",
        "name": "x",
        "bom-ref": "a",
        "purl": "pkg:pypi/x@1.0",
        "components": [
            {"type": "library", "name": "y", "bom-ref": "b", "purl": "pkg:pypi/y"},
            {"type": "library", "name": "z", "bom-ref": "c"},
        ],
    }
]


def read(
    *given: dict[str, Any], links: Links | None = None, **more: Any
) -> list[Statement | StatementRefused]:
    return list(statements(json.loads(cyclonedx(*given, **more)), FILE, NOW, links or {}))


def products(ref: str, versions: list[dict[str, str]] | None = None) -> set[str] | str:
    links = {(SERIAL, 2, "some ref"): "pkg:pypi/x@1.0"}
    (statement,) = read(analysed(ref, versions=versions), links=links, components=COMPONENTS)
    return set(statement.products) if isinstance(statement, Statement) else statement.reason


def test_a_statement_is_read() -> None:
    given = analysed(detail="We never call it.")
    given["references"] = [{"id": "GHSA-1", "source": {"name": "GitHub"}}]
    assert read(given) == [
        Statement(
            where=Place(document="vex.cdx.json", path="vulnerabilities[0]"),
            names=frozenset({"CVE-2026-1", "GHSA-1"}),
            products=frozenset({"pkg:pypi/x@1.0"}),
            excuses=True,
            justification="code_not_reachable: We never call it.",
        )
    ]


def test_a_vulnerability_without_analysis_states_nothing() -> None:
    assert read({"id": "CVE-2026-1"}) == []


@pytest.mark.parametrize("state", sorted(STATES))
def test_six_states(state: str) -> None:
    (statement,) = read(analysed(state=state))
    assert isinstance(statement, Statement)
    assert statement.excuses is (state not in ("exploitable", "in_triage"))


def test_states_and_justifications_are_those_of_the_specification() -> None:
    from cyclonedx.model.impact_analysis import ImpactAnalysisJustification, ImpactAnalysisState

    assert {each.value for each in ImpactAnalysisState} == STATES
    assert {each.value for each in ImpactAnalysisJustification} == JUSTIFICATIONS
    assert get_args(Links)


@pytest.mark.parametrize(
    ("ref", "versions", "expected"),
    [
        ("a", None, {"pkg:pypi/x@1.0"}),
        ("pkg:pypi/x@1.0", None, {"pkg:pypi/x@1.0"}),
        (f"urn:cdx:{SERIAL.upper()}/2#some%20ref", None, {"pkg:pypi/x@1.0"}),
        ("a", [{"version": "1.0"}], {"pkg:pypi/x@1.0"}),
        ("a", [{"version": "2.0"}], set()),
        ("b", [{"version": "2.0"}, {"version": "3.0"}], {"pkg:pypi/y@2.0", "pkg:pypi/y@3.0"}),
        ("b", None, "names no version"),
        ("b", [{"range": "vers:pypi/<3"}], "a range of versions"),
        ("c", None, "refers to no component"),
        ("d", None, "refers to no component"),
        (f"urn:cdx:{SERIAL}/1#some%20ref", None, "refers to no component"),
        ("pkg:", None, "no package URL"),
    ],
)
def test_what_is_affected_is_resolved(
    ref: str, versions: list[dict[str, str]] | None, expected: set[str] | str
) -> None:
    found = products(ref, versions)
    assert found == expected if isinstance(expected, set) else expected in found


@pytest.mark.parametrize(
    ("analysis", "message"),
    [
        ({"justification": None}, "without a justification"),
        ({"justification": None, "detail": "Trust me."}, "without a justification"),
        ({"state": "false_positive", "justification": None}, "or a detail"),
        ({"state": "fine"}, "analysis.state"),
        ({"state": None}, "analysis.state"),
        ({"justification": "because"}, "none of CycloneDX"),
        ({"lastUpdated": "2027-11-26T00:00:00Z"}, "of the future"),
        ({"firstIssued": "soon"}, "no time"),
    ],
)
def test_a_malformed_statement_is_refused(analysis: dict[str, Any], message: str) -> None:
    first, second = read(analysed(**analysis), analysed())
    assert isinstance(first, StatementRefused)
    assert message in first.reason
    assert isinstance(second, Statement)


def test_what_has_no_identifier_or_object_is_refused() -> None:
    nameless, listed = read({"analysis": {"state": "exploitable"}}, {"id": "A", "analysis": []})
    assert isinstance(nameless, StatementRefused)
    assert isinstance(listed, StatementRefused)


def test_the_subject_may_be_referred_to() -> None:
    subject = {"type": "library", "name": "x", "bom-ref": "s", "purl": "pkg:pypi/x@1.0"}
    (statement,) = read(analysed("s"), metadata={"component": subject})
    assert isinstance(statement, Statement)
    assert statement.products == {"pkg:pypi/x@1.0"}
