from __future__ import annotations

from typing import Any

import pytest

from support.boms import bom, component, named
from workflow_sbom.policy.findings import Flaw, Place
from workflow_sbom.policy.items import items
from workflow_sbom.policy.stated import stated
from workflow_sbom.policy.vulnerabilities import Found

X = Place(document="a.cdx.json", path="components[0]", purl="pkg:pypi/x@1.0")
HERE = Place(document="a.cdx.json", path="vulnerabilities[0]")


def found(*known: Flaw, **vulnerability: Any) -> list[tuple[Place, Flaw]]:
    basis = {"id": "CVE-2026-1", "affects": [{"ref": "pkg:pypi/x@1.0"}]}
    given = named(bom(component(), vulnerabilities=[basis | vulnerability]))
    inside = list(items(given))
    already = [Found(item, flaw) for item in inside if item.where == X for flaw in known]
    return [(each.item.where, each.flaw) for each in stated(given, inside, already)]


def test_what_a_document_states_is_found() -> None:
    more = {
        "references": [{"id": "GHSA-1", "source": {"name": "GitHub"}}],
        "ratings": [{"severity": "low"}, {"severity": "high"}, {"method": "other"}],
        "description": "It bites",
    }
    flaw = Flaw(names=("CVE-2026-1", "GHSA-1"), summary="It bites", severity="high")
    assert found(**more) == [(X, flaw)]


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ("exploitable", True),
        ("in_triage", True),
        ("resolved", False),
        ("resolved_with_pedigree", False),
        ("false_positive", False),
        ("not_affected", False),
    ],
)
def test_what_is_settled_adds_nothing(state: str, counts: bool) -> None:
    assert bool(found(analysis={"state": state})) is counts


def test_what_is_known_already_is_not_found_twice() -> None:
    assert found(Flaw(names=("CVE-2026-1", "PYSEC-1"))) == []
    assert len(found(Flaw(names=("CVE-2026-2",)))) == 1


@pytest.mark.parametrize("affects", [[], [{"ref": "elsewhere"}]])
def test_what_affects_nothing_that_is_here_is_told_where_it_stands(affects: list[Any]) -> None:
    assert found(affects=affects) == [(HERE, Flaw(names=("CVE-2026-1",)))]


def test_a_vulnerability_needs_no_identifier() -> None:
    given = named(bom(component(), vulnerabilities=[{"description": "It bites"}]))
    (each,) = stated(given, items(given), [])
    assert str(each.flaw) == "a vulnerability without identifier, severity unknown: It bites"
