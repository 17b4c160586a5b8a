"""Wheels and source distributions: what their metadata asks for, in a declared environment.

Markers are evaluated and requested extras followed (cyclonedx-python#1102 does neither, and so
invents edges). Versions and hashes come from the lock. What a dependency needs in turn is stated
where its own metadata is at hand, and its composition is `unknown` where it is not: nothing is
guessed from what the lock happens to hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import ExternalReference, Hash, Property
from workflow_sbom.purl import package_url
from workflow_sbom.python.distribution import Distribution, from_sdist, from_wheel
from workflow_sbom.python.environment import Environment
from workflow_sbom.python.requirements import LockedRequirement, LockedRequirements

ENVIRONMENT = "workflow:python:environment"
EMBEDDED = "workflow:python:embedded-sbom"
ALLOWED = "one of the files the lock allows"


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
    closure = _close(subject, resolution)
    parts = {key: closure.component(key) for key in closure.needed}
    refs = {key: part.ref for key, part in parts.items()} | {subject.key: artifact.ref}
    return Sbom(
        subject=_subject(subject, artifact),
        components=tuple(parts[key] for key in sorted(parts)),
        dependencies=tuple(
            Dependency(refs[key], tuple(sorted(refs[target] for target in closure.edges[key])))
            for key in sorted(closure.known.keys() & refs.keys())
        ),
        compositions=tuple(_compositions(subject, closure, refs)),
        properties=(Property(ENVIRONMENT, str(resolution.environment)),),
    )


def installed_component(distribution: Distribution) -> Component:
    """A distribution that is installed inside a subject, an image for example.

    Its `hashes`, if any, are those of the wheel it was installed from.
    """
    url = package_url("pypi", distribution.key, str(distribution.version))
    files = (ExternalReference("distribution", url, distribution.hashes),)
    return _component(distribution, url, files if distribution.hashes else ())


def edges(
    distributions: tuple[Distribution, ...], environment: Environment, roots: tuple[str, ...] = ()
) -> dict[NormalizedName, frozenset[NormalizedName]]:
    """What each of some distributions needs of the others, extras as `roots` lead to them.

    Without roots every distribution is one, asked for without extras.
    """
    known = {each.key: each for each in distributions}
    start = [canonicalize_name(name) for name in roots] or sorted(known)
    found = _walk(known, environment, start)
    return {key: frozenset(found[key] & known.keys()) for key in sorted(found) if key in known}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closure:
    """What the subject needs, directly and through others, and what is known of each."""

    subject: NormalizedName
    known: Mapping[NormalizedName, Distribution]
    locked: Mapping[NormalizedName, LockedRequirement] = field(default_factory=dict)
    edges: Mapping[NormalizedName, set[NormalizedName]]

    @property
    def needed(self) -> tuple[NormalizedName, ...]:
        reached = set(self.edges).union(*self.edges.values())
        return tuple(sorted(reached - {self.subject}))

    def component(self, key: NormalizedName) -> Component:
        distribution, pin = self.known.get(key), self.locked.get(key)
        url = package_url("pypi", key, _version(key, distribution, pin))
        files = tuple(_files(key, url, distribution, pin))
        if distribution is not None:
            return _component(distribution, url, files, external=True)
        return Component(
            ref=url,
            kind="library",
            name=key,
            version=str(pin.version) if pin else None,
            purl=url,
            external=True,
            scope="required",
            references=files,
        )


def _close(subject: Distribution, resolution: Resolution) -> _Closure:
    known = {each.key: each for each in resolution.known} | {subject.key: subject}
    locked = resolution.lock.select(resolution.environment) if resolution.lock else {}
    found = _walk(known, resolution.environment, [subject.key])
    return _Closure(subject=subject.key, known=known, locked=locked, edges=found)


def _walk(
    known: Mapping[NormalizedName, Distribution],
    environment: Environment,
    start: list[NormalizedName],
) -> dict[NormalizedName, set[NormalizedName]]:
    """Edges from the start on; a name asked for with another extra is looked at again."""
    found: dict[NormalizedName, set[NormalizedName]] = defaultdict(set)
    waiting = [(key, "") for key in start]
    seen = set(waiting)
    while waiting:
        key, extra = waiting.pop()
        targets = found[key]
        for target, extras in _asked(known.get(key), environment, extra):
            if target != key:
                targets.add(target)
            fresh = {(target, each) for each in ("", *extras)} - seen
            seen |= fresh
            waiting.extend(sorted(fresh))
    return found


def _asked(
    distribution: Distribution | None, environment: Environment, extra: str
) -> Iterator[tuple[NormalizedName, tuple[str, ...]]]:
    if distribution is None:
        return
    for requirement in distribution.requires:
        if environment.holds(requirement.marker, extra):
            extras = tuple(sorted(canonicalize_name(each) for each in requirement.extras))
            yield canonicalize_name(requirement.name), extras


def _version(
    key: NormalizedName, distribution: Distribution | None, pin: LockedRequirement | None
) -> str | None:
    found: set[Version] = {each.version for each in (distribution, pin) if each is not None}
    if len(found) > 1:
        raise InventoryError(
            f"{key}: the lock and the distribution at hand differ "
            f"({' and '.join(sorted(map(str, found)))}); install from the lock"
        )
    return str(found.pop()) if found else None


def _files(
    key: NormalizedName,
    url: str,
    distribution: Distribution | None,
    pin: LockedRequirement | None,
) -> Iterator[ExternalReference]:
    """The file itself when it is known, else each file the lock allows; the purl is the address."""
    allowed = tuple(Hash.sha256(digest) for digest in pin.hashes) if pin else ()
    exact = distribution.hashes if distribution else ()
    if not exact:
        for each in allowed:
            yield ExternalReference("distribution", url, (each,), ALLOWED)
        return
    if allowed and not set(allowed) & set(exact):
        raise InventoryError(f"{key}: the distribution at hand is no file that the lock allows")
    yield ExternalReference("distribution", url, exact)


def _component(
    distribution: Distribution,
    url: str,
    files: tuple[ExternalReference, ...],
    *,
    external: bool = False,
) -> Component:
    return Component(
        ref=url,
        kind="library",
        name=distribution.key,
        version=str(distribution.version),
        purl=url,
        external=external,
        scope="required",
        description=distribution.summary,
        authors=distribution.authors,
        licences=distribution.licences,
        references=(*distribution.references, *files),
        properties=_embedded(distribution),
    )


def _subject(distribution: Distribution, artifact: ArtifactFile) -> Component:
    version = str(distribution.version)
    return Component(
        ref=artifact.ref,
        kind="library",
        name=distribution.name,
        version=version,
        purl=package_url("pypi", distribution.key, version, file_name=artifact.name),
        description=distribution.summary,
        authors=distribution.authors,
        hashes=artifact.hashes,
        licences=distribution.licences,
        references=distribution.references,
        properties=_embedded(distribution),
    )


def _embedded(distribution: Distribution) -> tuple[Property, ...]:
    return tuple(Property(EMBEDDED, path) for path in distribution.embedded)


def _compositions(
    subject: Distribution, closure: _Closure, refs: Mapping[NormalizedName, str]
) -> Iterator[Composition]:
    """What is stated of each part's needs; nothing is claimed about files inside the subject."""
    complete = {key for key in refs if key in closure.known}
    unknown = set(refs) - complete
    if subject.dynamic:
        complete.discard(subject.key)
        yield Composition("incomplete", dependencies=(refs[subject.key],))
    if complete:
        yield Composition("complete", dependencies=tuple(refs[key] for key in sorted(complete)))
    if unknown:
        yield Composition("unknown", dependencies=tuple(refs[key] for key in sorted(unknown)))
    yield Composition("unknown", assemblies=(refs[subject.key],))
