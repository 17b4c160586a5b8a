"""Findings as people read them: what many components have alike is said once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workflow_sbom.policy.findings import Finding, Place, Weight, remedy, weight, what


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was found, what to do about it (or nothing), and everywhere it was found."""

    weight: Weight
    what: str
    remedy: str
    where: tuple[Place, ...]

    def places(self, most: int) -> tuple[str, ...]:
        """The first places, and how many more there are."""
        shown = tuple(map(str, self.where[:most]))
        more = len(self.where) - len(shown)
        return (*shown, f"and {more} more") if more else shown


def told(findings: Iterable[Finding]) -> tuple[Told, ...]:
    """Findings that say the same thing together, in the order of the first of each."""
    found: dict[tuple[Weight, str, str], list[Place]] = {}
    for finding in findings:
        said = (weight(finding), what(finding), remedy(finding))
        found.setdefault(said, []).append(finding.where)
    return tuple(Told(*said, tuple(places)) for said, places in found.items())
