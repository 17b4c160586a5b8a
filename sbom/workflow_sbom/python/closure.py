"""What distributions need of each other in one environment: exactly what their metadata asks for.

Markers are evaluated and requested extras followed (cyclonedx-python#1102 does neither, and so
invents edges): an extra that asks for another, for itself, or under a marker of its own, and names
in every spelling. What is needed and not at hand is an edge's end that nothing is known of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from workflow_sbom.errors import InventoryError
from workflow_sbom.python.distribution import Distribution
from workflow_sbom.python.environment import Environment

MAX_EVALUATIONS = 200_000

Known = Mapping[NormalizedName, Distribution]
Edges = Mapping[NormalizedName, frozenset[NormalizedName]]


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """A distribution that is asked for with an extra, or without one (`""`)."""

    name: NormalizedName
    extra: str = ""


def asked(requirement: Requirement) -> Iterator[Asked]:
    """What a requirement asks for: the distribution itself, and each extra of it."""
    name = canonicalize_name(requirement.name)
    yield Asked(name)
    for extra in requirement.extras:
        yield Asked(name, canonicalize_name(extra))


def close(known: Known, environment: Environment, start: Iterable[Asked]) -> Edges:
    """What everything reached from the start needs directly; itself is never an edge.

    Only what is reached has an entry. Raises `InventoryError` for a marker that can't be evaluated,
    and for more of them than any true set of distributions has.
    """
    found: dict[NormalizedName, set[NormalizedName]] = defaultdict(set)
    waiting = sorted(set(start))
    seen, looked_at = set(waiting), 0
    while waiting:
        here = waiting.pop()
        targets, distribution = found[here.name], known.get(here.name)
        looked_at += len(distribution.requires) if distribution else 0
        if looked_at > MAX_EVALUATIONS:
            raise InventoryError(
                f"{here.name}: more than {MAX_EVALUATIONS} requirements, extras counted anew"
            )
        for each in _needs(distribution, environment, here.extra):
            if each.name != here.name:
                targets.add(each.name)
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return {name: frozenset(targets) for name, targets in found.items()}


def _needs(
    distribution: Distribution | None, environment: Environment, extra: str
) -> Iterator[Asked]:
    if distribution is None:
        return
    for requirement in distribution.requires:
        try:
            holds = environment.holds(requirement.marker, extra)
        except InventoryError as error:
            raise InventoryError(f"{distribution.key}: {error}") from error
        if holds:
            yield from asked(requirement)


def edges(
    distributions: Iterable[Distribution],
    environment: Environment,
    roots: Iterable[Requirement] | None = None,
) -> Edges:
    """What each of some distributions needs of the others.

    With `roots` only what they lead to, extras included; without, every distribution is one, asked
    for without extras.
    """
    known = {each.key: each for each in distributions}
    start = map(Asked, known) if roots is None else (part for root in roots for part in asked(root))
    found = close(known, environment, start)
    return {key: frozenset(found[key] & known.keys()) for key in sorted(found) if key in known}
