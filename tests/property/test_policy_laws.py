"""Laws of verdicts: nothing is excused by chance, and nothing bad makes an answer better."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from support.boms import bom, component, named
from workflow_sbom.policy.findings import (
    Contradicted,
    Finding,
    Flaw,
    LicenceRefused,
    LicenceUnknown,
    Place,
    Suppressed,
    Unused,
    Vulnerable,
)
from workflow_sbom.policy.item import Item
from workflow_sbom.policy.quality.scoring import check, score
from workflow_sbom.policy.verdict import Verdict
from workflow_sbom.policy.vex.statement import Statement
from workflow_sbom.policy.vex.suppressing import weigh
from workflow_sbom.policy.vulnerabilities import Found

NAMES = st.sampled_from(["CVE-2026-1", "CVE-2026-2", "GHSA-1", "GHSA-2"])
PURLS = st.sampled_from(["pkg:pypi/x@1", "pkg:pypi/x@2", "pkg:pypi/x@1?a=b", "pkg:npm/x@1"])
STATEMENTS = st.lists(
    st.builds(
        Statement,
        where=st.integers(0, 99).map(lambda n: Place(document="v", path=f"statements[{n}]")),
        names=st.frozensets(NAMES, min_size=1),
        products=st.frozensets(PURLS),
        within=st.just(frozenset()) | st.just(frozenset(["pkg:oci/i@1"])),
        excuses=st.booleans(),
        justification=st.just("because"),
    ),
    max_size=5,
)
FLAWS = st.frozensets(NAMES, min_size=1).map(lambda names: Flaw(names=tuple(sorted(names))))


@given(STATEMENTS, FLAWS, PURLS, st.sampled_from(["", "pkg:oci/i@1", "pkg:oci/i@2"]))
def test_only_what_is_said_of_that_package_and_flaw_excuses_it(
    statements: list[Statement], flaw: Flaw, purl: str, within: str
) -> None:
    item = Item(where=Place(document="a"), url=PackageURL.from_string(purl), within=within)
    verdict, *rest = weigh([Found(item, flaw)], statements, "any")
    about = [
        each
        for each in statements
        if purl in each.products
        and any(name in each.names for name in flaw.names)
        and (not each.within or within in each.within)
    ]
    named_cves = {name for each in about for name in each.names if name.startswith("CVE-")}
    cves = {name for name in flaw.names if name.startswith("CVE-")}
    if {each.excuses for each in about} == {True, False}:
        assert isinstance(verdict, Contradicted)
    elif about and about[0].excuses and (len(cves) < 2 or cves <= named_cves):
        assert isinstance(verdict, Suppressed)
    else:
        assert isinstance(verdict, Vulnerable)
    unused = [each.where for each in statements if each not in about]
    assert [each.where for each in rest if isinstance(each, Unused)] == unused


FIELDS = st.sampled_from(
    ["version", "purl", "hashes", "licenses", "supplier", "copyright", "bom-ref"]
)
PARTS = st.lists(st.frozensets(FIELDS), min_size=1, max_size=4)


def without(fields: frozenset[str], name: str) -> dict[str, Any]:
    return component(name, **dict.fromkeys(fields))


@given(PARTS, st.data())
def test_a_field_more_never_lowers_a_score(parts: list[frozenset[str]], data: Any) -> None:
    json = bom(*(without(fields, f"n{at}") for at, fields in enumerate(parts)))
    at = data.draw(st.integers(0, len(parts) - 1))
    fuller = copy.deepcopy(json)
    kept = parts[at] - {data.draw(FIELDS)}
    fuller["components"][at] = without(kept, f"n{at}")
    fuller["dependencies"] = json["dependencies"]
    less, more = score(named(json)), score(named(fuller))
    assert less.total <= more.total
    assert (less.total == 100) is (check(named(json), 0)[1] == [])


FINDINGS = st.lists(
    st.sampled_from(
        [
            LicenceRefused(Place(document="a"), "X"),
            LicenceUnknown(Place(document="b"), "why"),
            Unused(Place(document="c")),
        ]
    )
)
ORDER = ("pass", "unknown", "fail")


@given(FINDINGS, FINDINGS)
def test_a_finding_more_never_makes_an_answer_better(
    some: list[Finding], more: list[Finding]
) -> None:
    first, both = Verdict.of(some), Verdict.of(some + more)
    assert ORDER.index(first.answer) <= ORDER.index(both.answer)
    assert first.stops(stable=True) <= both.stops(stable=True)
    assert both.stops(stable=False) <= both.stops(stable=True)
    assert Verdict.of(more + some) == both
