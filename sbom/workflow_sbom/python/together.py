"""Distributions that are used together: an installed environment, or a set of wheels.

Every one is a component, whatever leads to it. The subject needs what was asked for: the given
requirements, else what an installer marked as such; and whatever nothing else leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from workflow_sbom.errors import InventoryError
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Aggregate, Composition, Dependency, Sbom
from workflow_sbom.model.parts import Property
from workflow_sbom.python.closure import Asked, Edges, asked, close
from workflow_sbom.python.components import UNMET, Described, assemblies, component_of
from workflow_sbom.python.describe import ENVIRONMENT, dependencies
from workflow_sbom.python.distribution import Distribution
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.files import files_of, known_by_lock, pinned
from workflow_sbom.python.installed import Installed
from workflow_sbom.python.requirements import LockedRequirements

UNREAD = "workflow:python:unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What is described: a name for the whole, and for what Python.

    `roots` are the requirements it was made from, with the extras that were asked for; only they
    tell of those, for an installed environment keeps no record of extras. `lock` says what files
    the distributions come from.
    """

    name: str
    environment: Environment
    version: str | None = None
    roots: tuple[Requirement, ...] = ()
    lock: LockedRequirements | None = None


def describe_environment(installed: Installed, together: Together) -> Sbom:
    """The bill of materials of an installed environment; raises `InventoryError`."""
    sbom = _describe(installed.distributions, together, {})
    unread = tuple(Property(UNREAD, path) for path in installed.unread)
    return replace(
        sbom,
        compositions=(*sbom.compositions, _whole(sbom, complete=not unread)),
        properties=(*sbom.properties, *unread),
        phases=("operations",),
    )


def describe_wheels(wheels: Iterable[Distribution], together: Together) -> Sbom:
    """The bill of materials of wheels that are used together, and of what else their lock names.

    Raises `InventoryError`.
    """
    distributions = tuple(wheels)
    known = {each.key for each in distributions}
    locked = pinned(together.lock, together.environment)
    others = {key: known_by_lock(key, pin) for key, pin in locked.items() if key not in known}
    sbom = _describe(distributions, together, others)
    return replace(sbom, compositions=(*sbom.compositions, _whole(sbom, complete=True)))


def _whole(sbom: Sbom, *, complete: bool) -> Composition:
    """Whether every distribution that is there is among the components."""
    aggregate: Aggregate = "complete" if complete else "incomplete"
    return Composition(aggregate, assemblies=(sbom.subject.ref,))


def _describe(
    distributions: tuple[Distribution, ...],
    together: Together,
    others: Mapping[NormalizedName, Described],
) -> Sbom:
    known = {each.key: each for each in distributions}
    if len(known) < len(distributions):
        raise InventoryError(f"{together.name}: a distribution is given twice")
    locked = pinned(together.lock, together.environment)
    wanted = [part for root in _holding(together) for part in asked(root)]
    roots = {part.name for part in wanted}
    needs = close(known, together.environment, [*map(Asked, known), *wanted])
    there = known.keys() | others.keys()
    unmet = {key: needs[key] - there for key in known}
    parts = dict(others) | {
        key: component_of(each, files=files_of(each, locked.get(key)), unmet=unmet[key])
        for key, each in known.items()
    }
    found = {key: needs[key] & there for key in known}
    subject = Component(
        ref=f"environment:{together.name}",
        kind="application",
        name=together.name,
        version=together.version,
        properties=tuple(Property(UNMET, name) for name in sorted(roots - there)),
    )
    tops = _tops(there, found, roots, distributions)
    refs = {key: part.component.ref for key, part in parts.items()}
    top = Dependency(subject.ref, tuple(sorted(refs[key] for key in tops)))
    return Sbom(
        subject=subject,
        components=tuple(part.component for _, part in sorted(parts.items())),
        dependencies=(top, *dependencies(parts, found)),
        compositions=(
            *_stated(refs, {key for key in known if not unmet[key]}, set(others)),
            Composition(
                "complete" if roots <= there else "incomplete", dependencies=(subject.ref,)
            ),
            *assemblies(parts.values()),
        ),
        phases=("post-build",),
        properties=(Property(ENVIRONMENT, str(together.environment)),),
    )


def _holding(together: Together) -> Iterator[Requirement]:
    return (root for root in together.roots if together.environment.holds(root.marker))


def _tops(
    there: AbstractSet[NormalizedName],
    found: Edges,
    wanted: set[NormalizedName],
    distributions: Iterable[Distribution],
) -> set[NormalizedName]:
    """What was asked for, and whatever that does not lead to."""
    tops = wanted & there or {each.key for each in distributions if each.requested}
    left = set(there) - _reached(tops, found)
    needed = set().union(*(found[key] for key in left & found.keys()))
    for key in [*sorted(left - needed), *sorted(left & needed)]:
        if key in left:
            tops.add(key)
            left -= _reached({key}, found)
    return tops


def _reached(start: Iterable[NormalizedName], found: Edges) -> set[NormalizedName]:
    reached, waiting = set(start), list(start)
    while waiting:
        fresh = found.get(waiting.pop(), frozenset()) - reached
        reached |= fresh
        waiting += fresh
    return reached


def _stated(
    refs: Mapping[NormalizedName, str], complete: set[NormalizedName], unknown: set[NormalizedName]
) -> Iterator[Composition]:
    """How much of each distribution's needs is stated."""
    groups: tuple[tuple[Aggregate, set[NormalizedName]], ...] = (
        ("complete", complete),
        ("unknown", unknown),
        ("incomplete", refs.keys() - complete - unknown),
    )
    for aggregate, keys in groups:
        if keys:
            yield Composition(aggregate, dependencies=tuple(sorted(refs[key] for key in keys)))
