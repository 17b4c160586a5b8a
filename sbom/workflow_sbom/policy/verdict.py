"""The answer of a check: pass, fail or unknown, with everything that was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workflow_sbom.digest import Digest
from workflow_sbom.policy.findings import Finding, Weight, weight, what

Answer = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUsed:
    """The database that was asked: its name, the digest of its bytes, its date and its size.

    `as_of` is the newest time in it; None when no record of it could be read.
    """

    name: str
    digest: Digest
    as_of: datetime | None
    records: int


@dataclass(frozen=True, slots=True)
class Score:
    """The quality of one document, of 100, and of each category in it."""

    document: str
    total: int
    categories: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every finding, sorted by weight and place; the database asked; the scores."""

    findings: tuple[Finding, ...]
    database: DatabaseUsed | None = None
    scores: tuple[Score, ...] = ()

    @classmethod
    def of(
        cls,
        findings: Iterable[Finding],
        database: DatabaseUsed | None = None,
        scores: tuple[Score, ...] = (),
    ) -> Verdict:
        """A verdict with those findings, each once, in a fixed order."""
        return cls(tuple(sorted(set(findings), key=_order)), database, scores)

    @property
    def answer(self) -> Answer:
        """`fail` before `unknown` before `pass`."""
        weights = {weight(finding) for finding in self.findings}
        if "fail" in weights:
            return "fail"
        return "unknown" if "unknown" in weights else "pass"

    def stops(self, *, stable: bool) -> bool:
        """Whether the release stops: at a failure, and a stable one at anything unknown."""
        return self.answer == "fail" or (stable and self.answer == "unknown")

    def weighing(self, asked: Weight) -> tuple[Finding, ...]:
        """The findings of one weight."""
        return tuple(finding for finding in self.findings if weight(finding) == asked)


_HEAVIEST: tuple[Weight, ...] = ("fail", "unknown", "told")


def _order(finding: Finding) -> tuple[object, ...]:
    kind = type(finding).__name__
    return _HEAVIEST.index(weight(finding)), finding.where, kind, what(finding), repr(finding)
