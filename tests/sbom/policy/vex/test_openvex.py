from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from support.vex import openvex, said
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.findings import Place, StatementRefused
from workflow_sbom.policy.vex.openvex import statements
from workflow_sbom.policy.vex.statement import Statement

NOW = datetime(2026, 11, 26, tzinfo=UTC)
FILE = Place(document="vex.json")


def read(*given: dict[str, Any], **more: Any) -> list[Statement | StatementRefused]:
    return list(statements(json.loads(openvex(*given, **more)), FILE, NOW))


def test_a_statement_is_read() -> None:
    given = said(impact_statement="We never call it.")
    given["vulnerability"]["aliases"] = ["GHSA-1"]
    assert read(given) == [
        Statement(
            where=Place(document="vex.json", path="statements[0]"),
            names=frozenset({"CVE-2026-1", "GHSA-1"}),
            products=frozenset({"pkg:pypi/x@1.0"}),
            excuses=True,
            justification="vulnerable_code_not_present: We never call it.",
        )
    ]


@pytest.mark.parametrize(
    ("more", "excuses", "justification"),
    [
        ({"justification": None, "impact_statement": "No."}, True, "not_affected: No."),
        ({"status": "fixed", "justification": None}, True, "fixed"),
        ({"status": "under_investigation", "justification": None}, False, "under_investigation"),
        (
            {"status": "affected", "justification": None, "action_statement": "Upgrade"},
            False,
            "affected",
        ),
    ],
)
def test_statuses(more: dict[str, Any], excuses: bool, justification: str) -> None:
    (statement,) = read(said(**more))
    assert isinstance(statement, Statement)
    assert (statement.excuses, statement.justification) == (excuses, justification)


def test_a_product_may_be_told_by_an_identifier() -> None:
    products = [{"@id": "https://example.org/x", "identifiers": {"purl": "pkg:pypi/x@1.0"}}]
    (statement,) = read(said(products=products))
    assert isinstance(statement, Statement)
    assert statement.products == {"pkg:pypi/x@1.0"}


def test_a_subcomponent_is_meant_within_its_product() -> None:
    products = [{"@id": "pkg:oci/image@1", "subcomponents": [{"@id": "pkg:pypi/x@1.0"}]}]
    (statement,) = read(said(products=products))
    assert isinstance(statement, Statement)
    assert statement.products == {"pkg:pypi/x@1.0"}
    assert statement.within == {"pkg:oci/image@1"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"justification": None}, "without a justification"),
        ({"justification": None, "impact_statement": "  "}, "without a justification"),
        ({"justification": "we_said_so"}, "none of OpenVEX"),
        ({"justification": 1}, "a string is expected"),
        ({"status": "fine"}, "status"),
        ({"status": "affected", "justification": None}, "action_statement"),
        ({"vulnerability": "CVE-1"}, "vulnerability"),
        ({"vulnerability": {"name": ""}}, "vulnerability"),
        ({"vulnerability": {"name": "A", "aliases": "B"}}, "aliases"),
        ({"products": []}, "products"),
        ({"products": ["pkg:pypi/x@1"]}, "products"),
        ({"products": [{"@id": "pkg:pypi/x"}]}, "names no version"),
        ({"products": [{"@id": "x"}]}, "no package URL"),
        ({"products": [{"identifiers": "pkg:pypi/x@1"}]}, "identifiers"),
        ({"products": [{"@id": "a", "subcomponents": [{}]}, {"@id": "b"}]}, "one product"),
        ({"timestamp": "2027-11-26T00:00:00Z"}, "of the future"),
        ({"last_updated": "yesterday"}, "no time"),
    ],
)
def test_a_malformed_statement_is_refused(more: dict[str, Any], message: str) -> None:
    first, second = read(said(**more), said())
    assert isinstance(first, StatementRefused)
    assert message in first.reason
    assert isinstance(second, Statement)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"author": ""}, "author"),
        ({"@id": 1}, "@id"),
        ({"timestamp": "2030-01-01T00:00:00"}, "of the future"),
        ({"statements": {}}, "statements"),
    ],
)
def test_a_malformed_document_is_refused_whole(more: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read(**more)
