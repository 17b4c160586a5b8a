"""The one entrance: documents, a policy and the world they are judged in, to a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from workflow_sbom.policy import licences, vulnerabilities
from workflow_sbom.policy.accepting import accept
from workflow_sbom.policy.advisories.lookup import Lookup
from workflow_sbom.policy.advisories.snapshot import Snapshot
from workflow_sbom.policy.findings import Finding, NotJudged
from workflow_sbom.policy.item import Item
from workflow_sbom.policy.items import Named, items, links
from workflow_sbom.policy.quality import scoring
from workflow_sbom.policy.stated import stated
from workflow_sbom.policy.table import Policy, VulnerabilitiesTable
from workflow_sbom.policy.verdict import Score, Verdict
from workflow_sbom.policy.vex import reading, suppressing
from workflow_sbom.policy.vex.statement import Statement
from workflow_sbom.policy.vulnerabilities import Found, NoDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a policy needs besides the documents.

    `now` knows its offset from UTC; `vex` are the files the policy names, by path as it writes
    them.
    """

    now: datetime
    database: Snapshot | NoDatabase
    vex: Mapping[str, bytes] = field(default_factory=dict)


def wanted(documents: Sequence[Named], policy: Policy) -> frozenset[Lookup]:
    """The packages a database of vulnerabilities will be asked about."""
    table = policy.vulnerabilities
    if table is None:
        return frozenset()
    return vulnerabilities.asked(_counting(_all(documents), table), policy.own)


def check(documents: Sequence[Named], policy: Policy, world: World) -> Verdict:
    """Judge the documents; every finding at once. What the policy has no table for is not asked."""
    judged = _all(documents)
    found: list[Finding] = []
    if policy.licences:
        found += licences.check(judged, policy.licences, world.now.date())
    if policy.vulnerabilities:
        found += _Vulnerabilities(policy, policy.vulnerabilities, world).check(documents, judged)
    scores: list[Score] = []
    if policy.quality:
        for given in documents:
            scored, missing = scoring.check(given, policy.quality.minimum)
            scores.append(scored)
            found += missing
    database = world.database if policy.vulnerabilities else None
    used = database.used if isinstance(database, Snapshot) else None
    accepted = accept(found, policy.unjudged, world.now.date())
    return Verdict.of(accepted, used, tuple(scores))


def _all(documents: Sequence[Named]) -> tuple[Item, ...]:
    return tuple(item for given in documents for item in items(given))


def _counting(judged: Sequence[Item], table: VulnerabilitiesTable) -> Sequence[Item]:
    return [item for item in judged if item.ships or table.build]


@dataclass(frozen=True, slots=True)
class _Vulnerabilities:
    policy: Policy
    table: VulnerabilitiesTable
    world: World

    def check(self, documents: Sequence[Named], judged: Sequence[Item]) -> Iterator[Finding]:
        statements: list[Statement] = []
        found: list[Found] = []
        yield from vulnerabilities.unfit(self.table, self.world.database, self.world.now)
        for each in reading.read(self.policy.vex, self.world.vex, self.world.now, links(documents)):
            if isinstance(each, Statement):
                statements.append(each)
            else:
                yield each
        for answer in self._search(_counting(judged, self.table)):
            if isinstance(answer, Found):
                found.append(answer)
            else:
                yield answer
        for given in documents:
            found += stated(given, judged, found)
        counting = [each for each in found if each.item.ships or self.table.build]
        yield from suppressing.weigh(counting, statements, self.table.severity)

    def _search(self, judged: Sequence[Item]) -> Iterator[Found | Finding]:
        own, database = self.policy.own, self.world.database
        if isinstance(database, Snapshot):
            yield from database.unread
            yield from vulnerabilities.search(judged, own, database)
        else:
            for item in vulnerabilities.packages(judged, own):
                yield NotJudged(item.where, "there is no database to ask")
