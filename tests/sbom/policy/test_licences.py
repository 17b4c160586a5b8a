from __future__ import annotations

from datetime import date

import pytest
from packageurl import PackageURL

from workflow_sbom.policy import table
from workflow_sbom.policy.findings import (
    Expired,
    Finding,
    LicenceRefused,
    LicenceUnknown,
    Place,
    Unused,
    what,
)
from workflow_sbom.policy.item import Item, Stated
from workflow_sbom.policy.licences import check

TODAY = date(2026, 11, 26)
PURL = "pkg:pypi/x@1"


def item(
    *stated: Stated | str, purl: str = PURL, ships: bool = True, kind: str = "library"
) -> Item:
    return Item(
        where=Place(document="a.cdx.json", path="components[0]", purl=purl),
        kind=kind,
        url=PackageURL.from_string(purl) if purl else None,
        licences=tuple(each if isinstance(each, Stated) else Stated(each) for each in stated),
        ships=ships,
    )


def judged(policy: str, *items: Item) -> list[Finding]:
    licences = table.parse(f"[licences]\n{policy}".encode()).licences
    assert licences is not None
    return list(check(items, licences, TODAY))


def outcome(policy: str, *stated: Stated | str, ships: bool = True) -> str:
    found = judged(policy, item(*stated, ships=ships))
    match found:
        case []:
            return "allowed"
        case [LicenceRefused()]:
            return "refused"
        case [LicenceUnknown()]:
            return "unknown"
    raise AssertionError(found)


@pytest.mark.parametrize(
    ("policy", "stated", "expected"),
    [
        ("allow=['MIT']", "MIT", "allowed"),
        ("allow=['MIT']", "mit", "allowed"),
        ("allow=['MIT']", "MIT OR GPL-3.0-only", "allowed"),
        ("allow=['MIT']", "MIT AND GPL-3.0-only", "refused"),
        ("allow=['MIT']", "MIT AND LicenseRef-x", "unknown"),
        ("allow=['MIT']", "MIT OR LicenseRef-x", "allowed"),
        ("allow=['MIT']", "ISC OR LicenseRef-x", "unknown"),
        ("allow=['MIT']", "ISC AND LicenseRef-x", "refused"),
        ("allow=['MIT']", "Home-Made-1.0", "unknown"),
        ("allow=['MIT']", "MIT/X11", "unknown"),
        ("allow=['LicenseRef-x']", "LicenseRef-x", "allowed"),
        ("allow=['MIT']", "LicenseRef-MIT-Diehl", "unknown"),
        ("allow=['GPL-2.0-only']", "GPL-2.0+", "allowed"),
        ("allow=['GPL-2.0-or-later']", "GPL-3.0", "allowed"),
        ("allow=['GPL-3.0-or-later']", "GPL-2.0-only", "refused"),
        ("allow=['GPL-2.0-or-later']\ndeny=['GPL-3.0-or-later']", "GPL-3.0-only", "refused"),
        ("allow=['GPL-2.0-or-later']\ndeny=['GPL-3.0-or-later']", "GPL-2.0+", "allowed"),
        ("allow=['GPL-2.0-only']", "GPL-2.0-only WITH Classpath-exception-2.0", "refused"),
        ("allow=['GPL-2.0-only WITH Classpath-exception-2.0']", "GPL-2.0-only", "refused"),
        (
            "allow=['GPL-2.0-only WITH Classpath-exception-2.0']",
            "GPL-2.0-with-classpath-exception",
            "allowed",
        ),
        (
            "allow=['GPL-2.0-only']\nexceptions='any'",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "allowed",
        ),
        (
            "allow=['GPL-2.0-or-later']\ndeny=['GPL-3.0-only']\nexceptions='any'",
            "GPL-3.0-only WITH GCC-exception-3.1",
            "refused",
        ),
        (
            "allow=['GPL-2.0-only']\nexceptions='any'",
            "GPL-2.0-only WITH AdditionRef-x",
            "unknown",
        ),
        (
            "exceptions='any'\nallow=['MIT']\ndeny=['MIT WITH GCC-exception-3.1']",
            "MIT WITH GCC-exception-3.1",
            "refused",
        ),
    ],
)
def test_expressions_are_judged(policy: str, stated: str, expected: str) -> None:
    assert outcome(policy, stated) == expected


def test_several_licences_hold_together() -> None:
    assert outcome("allow=['MIT']", "MIT", "GPL-3.0-only") == "refused"
    assert outcome("allow=['MIT', 'ISC']", "MIT", "ISC") == "allowed"


def test_what_was_concluded_counts_rather_than_what_is_declared() -> None:
    declared = Stated("GPL-3.0-only")
    assert outcome("allow=['MIT']", declared, Stated("MIT", concluded=True)) == "allowed"
    assert outcome("allow=['GPL-3.0-only']", declared, Stated("MIT", concluded=True)) == "refused"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("MIT", "allowed"),
        ("MIT License", "unknown"),
        ("BSD", "unknown"),
        ("NOASSERTION", "unknown"),
        ("LicenseRef-x", "unknown"),
        ("MIT OR LicenseRef-x", "unknown"),
        ("MIT or MIT", "allowed"),
    ],
)
def test_words_count_where_they_are_an_identifier(words: str, expected: str) -> None:
    policy = "allow=['MIT', 'LicenseRef-x']"
    assert outcome(policy, Stated(words, form="words")) == expected


def test_no_licence_is_unknown_or_refused_as_the_policy_says() -> None:
    assert outcome("allow=['MIT']") == "unknown"
    assert outcome("allow=['MIT']\nunknown='fail'") == "refused"


def test_more_may_build_than_may_ship() -> None:
    policy = "allow=['MIT']\nbuild={allow=['GPL-3.0-only']}"
    assert outcome(policy, "GPL-3.0-only") == "refused"
    assert outcome(policy, "GPL-3.0-only", ships=False) == "allowed"


def test_more_may_be_in_a_package_of_some_type() -> None:
    policy = "allow=['MIT']\nalso={deb=['GPL-2.0-or-later']}"
    packages = ["pkg:deb/debian/x@1", "pkg:pypi/x@1", ""]
    found = judged(policy, *(item("GPL-2.0-only AND MIT", purl=purl) for purl in packages))
    assert [each.where.purl for each in found] == ["pkg:pypi/x@1", ""]


def test_what_is_made_of_other_components_needs_no_licence_of_its_own() -> None:
    assert judged("allow=['MIT']", item(kind="operating-system"), item(kind="container")) == []
    assert len(judged("allow=['MIT']", item("GPL-3.0-only", kind="container"))) == 1


EXCEPTION = "allow=['MIT']\n[[licences.exception]]\nreason='somebody looked'\npackage='pkg:pypi/x'"


@pytest.mark.parametrize(
    ("extra", "stated", "excused"),
    [
        ("", (), True),
        ("", (Stated("as is", form="words"),), True),
        ("", ("LicenseRef-x",), True),
        ("", ("GPL-3.0-only",), False),
        ("", ("GPL-3.0-only AND LicenseRef-x",), False),
        ("", ("MIT AND LicenseRef-x",), True),
        ("licence='GPL-3.0'", ("GPL-3.0-only",), True),
        ("licence='GPL-3.0'", ("GPL-3.0-only OR ISC",), False),
        ("licence='GPL-3.0'", (), False),
        ("until='2026-11-26'", (), True),
    ],
)
def test_an_exception_is_for_what_it_says(
    extra: str, stated: tuple[Stated | str, ...], excused: bool
) -> None:
    found = judged(f"{EXCEPTION}\n{extra}", item(*stated))
    assert (found == []) is excused
    assert any(isinstance(each, Unused) for each in found) is not excused


def test_an_exception_that_has_expired_excuses_nothing() -> None:
    unknown, expired = judged(f"{EXCEPTION}\nuntil='2026-11-25'", item())
    assert isinstance(unknown, LicenceUnknown)
    assert isinstance(expired, Expired)
    assert what(expired) == "was good until 2026-11-25 and excuses nothing any more"


def test_an_exception_for_another_component_is_unused() -> None:
    refused, unused = judged(EXCEPTION, item("ISC", purl="pkg:pypi/y@1"))
    assert isinstance(refused, LicenceRefused)
    assert unused == Unused(
        Place(document="sbom/policy.toml", path="licences.exception[0]", purl="pkg:pypi/x")
    )


def test_an_exception_is_unused_where_the_licence_is_allowed() -> None:
    assert [type(each) for each in judged(EXCEPTION, item("MIT"))] == [Unused]


def test_a_component_without_package_url_is_judged_too() -> None:
    assert [type(each) for each in judged(EXCEPTION, item(purl=""))] == [LicenceUnknown, Unused]


def test_findings_say_what_is_not_known() -> None:
    (unknown,) = judged("allow=['MIT']", item("MIT AND LicenseRef-b AND LicenseRef-a"))
    assert what(unknown) == (
        "the licence is not known: LicenseRef-a, LicenseRef-b is not in the policy"
    )
    (refused,) = judged("allow=['MIT']", item("ISC", "Zlib"))
    assert what(refused) == "the licence (ISC) AND (Zlib) is not allowed"
    (nothing,) = judged("allow=['MIT']\nunknown='fail'", item())
    assert what(nothing) == "the licence that is unknown (none is stated) is not allowed"
