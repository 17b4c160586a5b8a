from __future__ import annotations

import time

import pytest
from packageurl import PackageURL

from workflow_sbom.policy.advisories.severity import Word
from workflow_sbom.policy.findings import (
    Contradicted,
    Finding,
    Flaw,
    Place,
    Suppressed,
    Tolerated,
    Unused,
    Vulnerable,
)
from workflow_sbom.policy.item import Item
from workflow_sbom.policy.vex.statement import Statement
from workflow_sbom.policy.vex.suppressing import weigh
from workflow_sbom.policy.vulnerabilities import Found

PURL = "pkg:pypi/x@1.0"
FLAW = Flaw(names=("CVE-2026-1", "GHSA-1"), severity="medium")
ITEM = Item(
    where=Place(document="a", purl=PURL), url=PackageURL.from_string(PURL), within="pkg:oci/i@1"
)


def statement(
    *names: str, purl: str = PURL, excuses: bool = True, within: str = "", at: int = 0
) -> Statement:
    return Statement(
        where=Place(document="vex.json", path=f"statements[{at}]"),
        names=frozenset(names or ["CVE-2026-1"]),
        products=frozenset([purl]),
        within=frozenset([within] if within else []),
        excuses=excuses,
        justification="code_not_present",
    )


def weighed(*statements: Statement, flaw: Flaw = FLAW, threshold: str = "any") -> list[Finding]:
    return list(weigh([Found(ITEM, flaw)], statements, threshold))


def test_a_suppressed_flaw_is_still_told_with_its_justification() -> None:
    given = statement()
    assert weighed(given) == [Suppressed(ITEM.where, FLAW, given.where, "code_not_present")]


@pytest.mark.parametrize("name", FLAW.names)
def test_any_name_of_the_flaw_serves(name: str) -> None:
    assert [type(each) for each in weighed(statement(name))] == [Suppressed]


@pytest.mark.parametrize(
    "given",
    [
        statement("CVE-2026-2"),
        statement(purl="pkg:pypi/x@1.0.0"),
        statement(purl="pkg:pypi/x@1.1"),
        statement(purl="pkg:pypi/x@1.0?file_name=x.whl"),
        statement(purl="pkg:npm/x@1.0"),
        statement(within="pkg:oci/i@2"),
    ],
)
def test_only_the_exact_package_is_meant(given: Statement) -> None:
    assert weighed(given) == [Vulnerable(ITEM.where, FLAW), Unused(given.where)]


def test_a_statement_about_a_part_of_this_product_serves() -> None:
    assert [type(each) for each in weighed(statement(within="pkg:oci/i@1"))] == [Suppressed]


def test_a_component_without_package_url_is_never_meant() -> None:
    bare = Item(where=Place(document="a"))
    (found, _) = weigh([Found(bare, FLAW)], [statement()], "any")
    assert isinstance(found, Vulnerable)


def test_statements_that_contradict_each_other_excuse_nothing() -> None:
    one, other = statement(), statement("GHSA-1", excuses=False, at=1)
    assert weighed(one, other) == [Contradicted(ITEM.where, FLAW, (one.where, other.where))]


def test_a_statement_that_it_matters_leaves_it_a_finding() -> None:
    assert weighed(statement(excuses=False)) == [Vulnerable(ITEM.where, FLAW)]


def test_statements_that_agree_are_told_by_the_first() -> None:
    one, other = statement(), statement("GHSA-1", at=1)
    assert weighed(other, one) == [Suppressed(ITEM.where, FLAW, one.where, "code_not_present")]


def test_what_joins_several_cves_is_excused_when_each_is() -> None:
    joined = Flaw(names=("CVE-2026-1", "CVE-2026-2", "DSA-1"))
    one, other = statement("CVE-2026-1"), statement("CVE-2026-2", at=1)
    assert [type(each) for each in weighed(one, flaw=joined)] == [Vulnerable]
    assert [type(each) for each in weighed(statement("DSA-1"), flaw=joined)] == [Vulnerable]
    assert [type(each) for each in weighed(one, other, flaw=joined)] == [Suppressed]


@pytest.mark.parametrize(
    ("severity", "threshold", "kind"),
    [
        ("medium", "high", Tolerated),
        ("medium", "medium", Vulnerable),
        ("unknown", "critical", Vulnerable),
    ],
)
def test_below_the_threshold_it_is_only_told(severity: Word, threshold: str, kind: type) -> None:
    flaw = Flaw(names=("CVE-2026-1",), severity=severity)
    assert [type(each) for each in weighed(flaw=flaw, threshold=threshold)] == [kind]


def test_many_flaws_and_statements_are_weighed_soon() -> None:
    urls = [PackageURL("pypi", None, f"n{n}", "1.0") for n in range(2000)]
    found = [Found(Item(where=Place(document=f"{n}"), url=url), FLAW) for n, url in enumerate(urls)]
    statements = [statement(purl=url.to_string(), at=n) for n, url in enumerate(urls)]
    started = time.process_time()
    assert {type(each) for each in weigh(found, statements, "any")} == {Suppressed}
    assert time.process_time() - started < 2
