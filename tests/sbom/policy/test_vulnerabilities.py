from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from packageurl import PackageURL

from support import osv
from workflow_sbom.digest import Digest
from workflow_sbom.policy.advisories.matching import fix
from workflow_sbom.policy.advisories.record import Affected, Event, Range
from workflow_sbom.policy.advisories.snapshot import Collecting, Snapshot
from workflow_sbom.policy.findings import Flaw, NotJudged, Place
from workflow_sbom.policy.item import Item
from workflow_sbom.policy.package import Package
from workflow_sbom.policy.table import VulnerabilitiesTable
from workflow_sbom.policy.vulnerabilities import Found, NoDatabase, asked, search, unfit

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ALL = ("introduced", "0")


def item(purl: str = "", kind: str = "library") -> Item:
    url = PackageURL.from_string(purl) if purl else None
    return Item(where=Place(document="a", purl=purl), kind=kind, url=url, source="")


def snapshot(items: list[Item], *records: bytes) -> Snapshot:
    collecting = Collecting(asked(items, ()))
    for at, data in enumerate(records):
        collecting.add(f"{at}.json", data)
    return collecting.done("all.zip", Digest.of(b""))


def searched(purl: str, *records: bytes) -> list[Found | NotJudged]:
    items = [item(purl)]
    return list(search(items, (), snapshot(items, *records)))


def flaws(purl: str, *records: bytes) -> list[Flaw]:
    return [each.flaw for each in searched(purl, *records) if isinstance(each, Found)]


def test_identifiers_of_one_flaw_are_one_finding() -> None:
    found = flaws(
        "pkg:pypi/x@1.0",
        osv.encoded("PYSEC-1", osv.affected("x", ALL, ("fixed", "2.0")), aliases=["CVE-2026-1"]),
        osv.encoded(
            "GHSA-1",
            osv.affected("x", ALL, ("fixed", "2.0")),
            aliases=["CVE-2026-1"],
            summary="A flaw",
            database_specific={"severity": "LOW"},
        ),
        osv.encoded("GHSA-2", osv.affected("x", ALL)),
    )
    assert found == [
        Flaw(
            names=("CVE-2026-1", "GHSA-1", "PYSEC-1"),
            summary="A flaw",
            severity="low",
            fixed="2.0",
        ),
        Flaw(names=("GHSA-2",)),
    ]


@pytest.mark.parametrize(
    ("fixes", "expected"),
    [
        ([["2.0"]], "2.0"),
        ([["0.9", "10.0", "9.0"]], "9.0"),
        ([["2.0"], ["1.5", "10.0"]], "2.0"),
        ([["9.0"], ["10.0"]], "10.0"),
        ([["2.0"], []], ""),
        ([["0.5"]], ""),
        ([["soon", "2.0"]], "2.0"),
    ],
)
def test_the_fix_is_the_least_version_that_all_records_call_one(
    fixes: list[list[str]], expected: str
) -> None:
    records = [
        osv.encoded(
            f"A-{at}",
            osv.affected("x", ALL, *(("fixed", each) for each in given), versions=("1.0",)),
            aliases=["CVE-2026-1"],
        )
        for at, given in enumerate(fixes)
    ]
    (flaw,) = flaws("pkg:pypi/x@1.0", *records)
    assert flaw.fixed == expected


def test_a_fix_needs_an_order_of_versions() -> None:
    affected = Affected("Maven", "x", ("1",), (Range("ECOSYSTEM", (Event("fixed", "2"),)),))
    assert fix(affected, "1") is None


def test_aliases_may_go_in_circles_and_long_ways() -> None:
    circle = [
        osv.encoded(f"A-{n}", osv.affected("x", ALL), aliases=[f"A-{(n + 1) % 500}"])
        for n in range(500)
    ]
    (flaw,) = flaws("pkg:pypi/x@1.0", *circle)
    assert len(flaw.names) == 500


def test_a_version_that_is_not_affected_is_no_finding() -> None:
    record = osv.encoded("GHSA-1", osv.affected("x", ALL, ("fixed", "2.0")))
    assert searched("pkg:pypi/x@2.0", record) == []


@pytest.mark.parametrize(
    ("purl", "reason"),
    [
        ("", "it has no package URL"),
        ("pkg:pypi/x", "its package URL has no version"),
        ("pkg:maven/a/x@1", "advisories of pkg:maven are not known here"),
        ("pkg:npm/x@1.0.0", "the database has no record of npm"),
        ("pkg:pypi/x@latest", "GHSA-1: 'latest' is no version of PyPI"),
    ],
)
def test_what_can_not_be_judged_is_told_by_name(purl: str, reason: str) -> None:
    record = osv.encoded("GHSA-1", osv.affected("x", ALL))
    assert searched(purl, record) == [NotJudged(Place(document="a", purl=purl), reason)]


def test_one_undecided_record_does_not_hide_another() -> None:
    found = searched(
        "pkg:pypi/x@1.0",
        osv.encoded("GHSA-1", osv.affected("x", ALL, kind="GIT")),
        osv.encoded("GHSA-2", osv.affected("x", ALL)),
    )
    assert [type(each) for each in found] == [NotJudged, Found]


def test_what_is_no_package_or_our_own_is_not_asked_about() -> None:
    own = (Package.parse("pkg:generic/ours"),)
    items = [
        item("pkg:generic/ours@1"),
        item("pkg:oci/image@sha256:0", kind="container"),
        item(kind="file"),
        item("pkg:pypi/x@1"),
    ]
    empty = snapshot(items)
    assert [each.name for each in asked(items, own)] == ["x"]
    assert [type(each) for each in search(items, own, empty)] == [NotJudged]


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (timedelta(days=7), None),
        (timedelta(days=7, seconds=1), "its newest record is 7 days old; at most 7 are good"),
        (timedelta(days=40), "its newest record is 40 days old; at most 7 are good"),
        (timedelta(hours=-23), None),
        (timedelta(days=-400), "its newest record is of the future: 2027-12-31"),
    ],
)
def test_a_database_is_of_some_age(age: timedelta, reason: str | None) -> None:
    modified = (NOW - age).isoformat()
    database = snapshot([], osv.encoded("A-1", osv.affected("x"), modified=modified))
    found = [each.reason for each in unfit(VulnerabilitiesTable(), database, NOW)]
    assert found == ([reason] if reason else [])


def test_a_database_that_is_missing_empty_or_partial_is_unfit() -> None:
    table = VulnerabilitiesTable(ecosystems=("PyPI", "npm", "Debian:13"))
    (missing,) = unfit(table, NoDatabase("there is none"), NOW)
    assert missing.reason == "there is none"
    (empty,) = unfit(table, snapshot([]), NOW)
    assert empty.reason == "no record of it could be read"
    partial = snapshot([], osv.encoded("A-1", osv.affected("x")))
    assert [each.reason for each in unfit(table, partial, NOW)] == [
        "it has no record of npm",
        "it has no record of Debian:13",
    ]
