"""Which components have known vulnerabilities, and of which nobody can say.

Identifiers of one flaw (CVE, GHSA, PYSEC …) are one finding. What no record can be asked about,
for whatever reason, is unknown by name: silence is never taken for health.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow_sbom.policy.advisories.lookup import Lookup, NoLookup, lookup
from workflow_sbom.policy.advisories.matching import Undecided, fix, match
from workflow_sbom.policy.advisories.severity import worst
from workflow_sbom.policy.advisories.snapshot import Hit, Snapshot
from workflow_sbom.policy.advisories.versions import order
from workflow_sbom.policy.findings import DatabaseUnfit, Flaw, NotJudged, Place
from workflow_sbom.policy.item import Item
from workflow_sbom.policy.package import Package
from workflow_sbom.policy.table import VulnerabilitiesTable

_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NoDatabase:
    """Why there is no database."""

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A flaw in a component, before VEX and threshold have had their say."""

    item: Item
    flaw: Flaw


def packages(items: Iterable[Item], own: Sequence[Package]) -> Iterator[Item]:
    """The components that a database is asked about: packages that others make."""
    for item in items:
        if item.is_package and not any(each.covers(item.url) for each in own):
            yield item


def asked(items: Iterable[Item], own: Sequence[Package]) -> frozenset[Lookup]:
    """What a database is asked."""
    found = map(lookup, packages(items, own))
    return frozenset(each for each in found if isinstance(each, Lookup))


def search(
    items: Iterable[Item], own: Sequence[Package], snapshot: Snapshot
) -> Iterator[Found | NotJudged]:
    """What the database says of each component."""
    for item in packages(items, own):
        yield from _of_item(item, snapshot)


def _of_item(item: Item, snapshot: Snapshot) -> Iterator[Found | NotJudged]:
    package = lookup(item)
    if isinstance(package, NoLookup):
        yield NotJudged(item.where, package.reason)
        return
    if not snapshot.knows(package.ecosystem):
        yield NotJudged(item.where, f"the database has no record of {package.ecosystem}")
        return
    affecting: list[Hit] = []
    for advisory, affected in snapshot.about(package):
        answer = match(affected, package.version)
        if isinstance(answer, Undecided):
            yield NotJudged(item.where, f"{advisory.names[0]}: {answer.reason}")
        elif answer == "affected":
            affecting.append((advisory, affected))
    for flaw in join(affecting, package):
        yield Found(item, flaw)


def join(hits: Sequence[Hit], package: Lookup) -> tuple[Flaw, ...]:
    """Records about a package that share an identifier are one flaw."""
    leaders: dict[str, str] = {}
    for advisory, _ in hits:
        first = _leader(leaders, advisory.names[0])
        for name in advisory.names[1:]:
            leaders[_leader(leaders, name)] = first
    groups: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        groups[_leader(leaders, hit[0].names[0])].append(hit)
    flaws = (_flaw(group, package) for group in groups.values())
    return tuple(sorted(flaws, key=lambda flaw: flaw.names))


def _leader(leaders: dict[str, str], name: str) -> str:
    """The name that stands for all that are joined with this one; the way there gets shorter."""
    while (leader := leaders.setdefault(name, name)) != name:
        leaders[name] = leaders[leader]
        name = leader
    return name


def _flaw(group: Sequence[Hit], package: Lookup) -> Flaw:
    names = sorted({name for advisory, _ in group for name in advisory.names}, key=_best_known)
    summaries = sorted({advisory.summary for advisory, _ in group} - {""})
    return Flaw(
        names=tuple(names),
        summary=summaries[0] if summaries else "",
        severity=worst({advisory.severity for advisory, _ in group} - {"unknown"}),
        fixed=_fixed(group, package),
    )


def _fixed(group: Sequence[Hit], package: Lookup) -> str:
    """Where all agree that there is a fix, the last of the versions they name."""
    fixes = [fix(affected, package.version) for _, affected in group]
    told, key = [each for each in fixes if each], order(package.ecosystem)
    return max(told, key=key) if key and len(told) == len(fixes) else ""


def _best_known(name: str) -> tuple[bool, bool, str]:
    return not name.startswith("CVE-"), not name.startswith("GHSA-"), name


def unfit(
    table: VulnerabilitiesTable, database: Snapshot | NoDatabase, now: datetime
) -> Iterator[DatabaseUnfit]:
    """Why the answers of a database are not to be relied on."""
    if isinstance(database, NoDatabase):
        yield DatabaseUnfit(Place(document="vulnerabilities"), database.reason)
        return
    where, as_of = Place(document=database.used.name), database.used.as_of
    if as_of is None:
        yield DatabaseUnfit(where, "no record of it could be read")
        return
    if as_of > now + _CLOCKS_DIFFER:
        yield DatabaseUnfit(where, f"its newest record is of the future: {as_of:%Y-%m-%d}")
    elif now - as_of > timedelta(days=table.max_age_days):
        days = (now - as_of).days
        yield DatabaseUnfit(
            where, f"its newest record is {days} days old; at most {table.max_age_days} are good"
        )
    for ecosystem in table.ecosystems:
        if not database.knows(ecosystem):
            yield DatabaseUnfit(where, f"it has no record of {ecosystem}")
