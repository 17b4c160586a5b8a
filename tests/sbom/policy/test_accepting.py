from __future__ import annotations

from datetime import date

import pytest

from workflow_sbom.errors import TableError
from workflow_sbom.policy.accepting import accept
from workflow_sbom.policy.findings import (
    Accepted,
    DatabaseUnfit,
    Expired,
    Finding,
    LicenceRefused,
    LicenceUnknown,
    NotJudged,
    Place,
    Unused,
    remedy,
    weight,
    what,
)
from workflow_sbom.policy.table import UnjudgedTable, parse

TODAY = date(2026, 11, 26)
LIBRARY = Place(document="d", path="components[0]", name="libpq-e9b5.so.5")
OTHER = Place(document="d", path="components[1]", purl="pkg:generic/openssl@4")


def tables(*components: str, until: str = "2026-11-26") -> tuple[UnjudgedTable, ...]:
    text = "".join(
        f'[[unjudged]]\ncomponent = "{each}"\nreason = "somebody looked"\nuntil = "{until}"\n'
        for each in components
    )
    return parse(text.encode()).unjudged


def accepted(found: list[Finding], *components: str, until: str = "2026-11-26") -> list[Finding]:
    return list(accept(found, tables(*components, until=until), TODAY))


def test_what_is_unknown_of_a_component_that_is_named_is_told_with_the_reason() -> None:
    found = accepted([NotJudged(LIBRARY, "no URL"), LicenceUnknown(LIBRARY, "none")], "lib*.so.*")
    assert found == [
        Accepted(LIBRARY, "no URL", "somebody looked"),
        Accepted(LIBRARY, "none", "somebody looked"),
    ]
    assert [(weight(each), what(each), remedy(each)) for each in found[:1]] == [
        ("told", "not known: no URL; accepted: somebody looked", "")
    ]


def test_what_fails_and_what_is_of_no_component_stays() -> None:
    found: list[Finding] = [
        LicenceRefused(LIBRARY, "X"),
        DatabaseUnfit(Place(document="vulnerabilities"), "none"),
        NotJudged(OTHER, "no database"),
    ]
    unused = Unused(Place(document="sbom/policy.toml", path="unjudged[0]", purl="lib*.so.*"))
    assert accepted(found, "lib*.so.*") == [*found, unused]


def test_after_its_day_it_accepts_nothing() -> None:
    found = accepted([NotJudged(LIBRARY, "no URL")], "lib*.so.*", until="2026-11-25")
    assert [type(each) for each in found] == [NotJudged, Expired]


@pytest.mark.parametrize("component", ["*", "**", "pk*", "?????", ""])
def test_a_pattern_for_everything_is_refused(component: str) -> None:
    with pytest.raises(TableError):
        tables(component)
