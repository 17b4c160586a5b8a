"""Wheels and source distributions: what their metadata asks for, in a declared environment.

Versions and hashes come from the lock. What a dependency needs in turn is stated where its own
metadata is at hand, and its composition is `unknown` where it is not: nothing is guessed from what
the lock happens to hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import NormalizedName

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import ExternalReference, Property
from workflow_sbom.purl import package_url
from workflow_sbom.python.closure import Asked, Edges, Known, close, edges
from workflow_sbom.python.components import (
    Described,
    assemblies,
    component_of,
    package_of,
    subject_of,
)
from workflow_sbom.python.distribution import Distribution, from_sdist, from_wheel
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.files import Locked, files_of, known_by_lock, pinned
from workflow_sbom.python.requirements import LockedRequirements

__all__ = [
    "ENVIRONMENT",
    "Resolution",
    "describe",
    "describe_sdist",
    "describe_wheel",
    "edges",
    "installed_component",
]

ENVIRONMENT = "workflow:python:environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What requirements resolve to: the environment, the lock, and the distributions at hand.

    `known` are distributions whose own metadata is available (from wheels or an installed
    environment), siblings of the same release among them.
    """

    environment: Environment
    lock: LockedRequirements | None = None
    known: tuple[Distribution, ...] = ()


def describe_wheel(artifact: ArtifactFile, resolution: Resolution) -> Sbom:
    """What a wheel is and needs; raises `InventoryError`."""
    return describe(from_wheel(artifact.path, hashes=artifact.hashes), artifact, resolution)


def describe_sdist(artifact: ArtifactFile, resolution: Resolution) -> Sbom:
    """What a source distribution is and needs once built; raises `InventoryError`."""
    return describe(from_sdist(artifact.path, hashes=artifact.hashes), artifact, resolution)


def describe(subject: Distribution, artifact: ArtifactFile, resolution: Resolution) -> Sbom:
    """The bill of materials of a distribution in a file; raises `InventoryError`."""
    known = {each.key: each for each in resolution.known} | {subject.key: subject}
    found = close(known, resolution.environment, [Asked(subject.key)])
    version = str(subject.version)
    url = package_url("pypi", subject.key, version, file_name=artifact.name)
    parts = {subject.key: subject_of(subject, artifact.ref, url, artifact.hashes)}
    parts |= _needed(subject.key, found, known, pinned(resolution.lock, resolution.environment))
    return Sbom(
        subject=parts[subject.key].component,
        components=tuple(
            part.component for key, part in sorted(parts.items()) if key != subject.key
        ),
        dependencies=tuple(dependencies(parts, {key: found[key] for key in known if key in parts})),
        compositions=tuple(_compositions(subject, parts, known)),
        properties=(Property(ENVIRONMENT, str(resolution.environment)),),
    )


def installed_component(distribution: Distribution) -> Component:
    """A distribution that is installed inside a subject, an image for example.

    Its `hashes`, if any, are those of the wheel it was installed from.
    """
    files = (ExternalReference("distribution", package_of(distribution), distribution.hashes),)
    return component_of(distribution, files=files if distribution.hashes else ()).component


def dependencies(parts: Mapping[NormalizedName, Described], found: Edges) -> Iterator[Dependency]:
    """What each part needs of the others and of what lies inside it, and what that needs."""
    for key in sorted(found):
        part = parts[key]
        targets = {parts[target].component.ref for target in found[key]}
        yield Dependency(part.component.ref, tuple(sorted(targets | part.needs)))
    for _, part in sorted(parts.items()):
        yield from part.edges


def _needed(
    subject: NormalizedName, found: Edges, known: Known, locked: Locked
) -> dict[NormalizedName, Described]:
    reached = set(found).union(*found.values()) - {subject}
    return {key: _part(key, known.get(key), locked) for key in sorted(reached)}


def _part(key: NormalizedName, distribution: Distribution | None, locked: Locked) -> Described:
    if distribution is None:
        return known_by_lock(key, locked.get(key))
    files = files_of(distribution, locked.get(key))
    return component_of(distribution, files=files, external=True)


def _compositions(
    subject: Distribution, parts: Mapping[NormalizedName, Described], known: Known
) -> Iterator[Composition]:
    """What is stated of each part's needs; nothing is claimed about files inside the subject."""
    refs = {key: part.component.ref for key, part in parts.items()}
    complete = {key for key in refs if key in known}
    unknown = set(refs) - complete
    if subject.dynamic:
        complete.discard(subject.key)
        yield Composition("incomplete", dependencies=(refs[subject.key],))
    if complete:
        yield Composition("complete", dependencies=tuple(refs[key] for key in sorted(complete)))
    if unknown:
        yield Composition("unknown", dependencies=tuple(refs[key] for key in sorted(unknown)))
    stated = [part for key, part in parts.items() if key == subject.key or part.incomplete]
    yield from assemblies(stated)
