"""The bill of materials of a whole release, from those of its artifacts.

Each artifact is a part of the release. A file of the release that is found in another artifact (a
wheel in an image) is recognised by its SHA-256, or by its package where no digest is known there,
and stays one component; a package that several artifacts name is stated once, with all that is
known of it. Which artifact holds a component is
its property `workflow:release:inside`. The order of the documents has no effect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workflow_sbom.merging.join import join
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Aggregate, Composition, Dependency, Sbom
from workflow_sbom.model.parts import Property
from workflow_sbom.purl import wheel_package

INSIDE = "workflow:release:inside"


def merge_release(name: str, version: str, sboms: Sequence[Sbom]) -> Sbom:
    """One document for a release.

    Raises `ModelError` when two artifacts have one reference, or say of one component what can't
    be true of both.
    """
    parts = _parts(sboms)
    artifacts = sorted((part.holding(parts) for part in parts), key=lambda each: each.ref)
    release = Component(
        ref=f"release:{name}@{version}",
        kind="application",
        name=name,
        version=version,
        components=tuple(artifacts),
    )
    nested = {each.ref for artifact in artifacts for each in artifact.walk()}
    return Sbom(
        subject=release,
        components=tuple(each for each in _components(parts) if each.ref not in nested),
        dependencies=tuple(_edges(parts)),
        compositions=(
            Composition("complete", assemblies=(release.ref,)),
            *_compositions(parts),
        ),
        phases=tuple(sorted({phase for sbom in sboms for phase in sbom.phases})),
        properties=tuple(sorted({entry for sbom in sboms for entry in sbom.properties})),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """An artifact's document, and which of its references mean other artifacts."""

    sbom: Sbom
    means: Mapping[str, str]

    def name(self, ref: str) -> str:
        return self.means.get(ref, ref)

    def components(self) -> Iterator[Component]:
        for component in self.sbom.components:
            if component.ref not in self.means:
                inside = Property(INSIDE, self.sbom.subject.ref)
                held = () if component.external else (inside,)
                yield replace(component, properties=(*component.properties, *held))

    def holding(self, parts: Sequence[_Part]) -> Component:
        """The artifact itself, with the artifacts that hold it."""
        ref = self.sbom.subject.ref
        holders = sorted(part.sbom.subject.ref for part in parts if part.holds(ref))
        held = tuple(Property(INSIDE, holder) for holder in holders)
        return replace(self.sbom.subject, properties=(*self.sbom.subject.properties, *held))

    def holds(self, ref: str) -> bool:
        return any(
            self.means.get(component.ref) == ref and not component.external
            for component in self.sbom.components
        )


def _parts(sboms: Sequence[Sbom]) -> tuple[_Part, ...]:
    """Tie by digest; where a document knows none, by the package that one wheel here is of."""
    files = {digest: sbom.subject.ref for sbom in sboms if (digest := sbom.subject.hash("SHA-256"))}
    packages = _packages(sbom.subject for sbom in sboms)
    return tuple(_Part(sbom, dict(_ties(sbom, files, packages))) for sbom in sboms)


def _packages(artifacts: Iterable[Component]) -> Mapping[str, str]:
    """The one wheel of each package; a package with several wheels can't be told by its name."""
    wheels: dict[str, list[str]] = defaultdict(list)
    for artifact in artifacts:
        if artifact.purl and (package := wheel_package(artifact.purl)):
            wheels[package].append(artifact.ref)
    return {package: refs[0] for package, refs in wheels.items() if len(refs) == 1}


def _ties(
    sbom: Sbom, files: Mapping[str, str], packages: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for component in sbom.components:
        digests = _digests(component)
        if len(digests) == 1:
            target = files.get(*digests)
        else:
            target = None if digests else packages.get(component.purl or "")
        if target and target != sbom.subject.ref:
            yield component.ref, target


def _digests(component: Component) -> frozenset[str]:
    """The SHA-256 of the component's file, or of each distribution it may be."""
    if own := component.hash("SHA-256"):
        return frozenset({own})
    return frozenset(
        each.hex
        for reference in component.references
        if reference.kind == "distribution"
        for each in reference.hashes
        if each.algorithm == "SHA-256"
    )


def _components(parts: Iterable[_Part]) -> list[Component]:
    groups: dict[str, list[Component]] = defaultdict(list)
    for part in parts:
        for component in part.components():
            groups[component.ref].append(component)
    return [join(groups[ref]) for ref in sorted(groups)]


def _edges(parts: Iterable[_Part]) -> Iterator[Dependency]:
    targets: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        for edge in part.sbom.dependencies:
            targets[part.name(edge.ref)] |= {part.name(target) for target in edge.depends_on}
    for ref in sorted(targets):
        yield Dependency(ref, tuple(sorted(targets[ref] - {ref})))


def _compositions(parts: Iterable[_Part]) -> Iterator[Composition]:
    """What all documents call alike stays so; where they differ, the whole is incomplete."""
    assemblies: dict[str, set[Aggregate]] = defaultdict(set)
    dependencies: dict[str, set[Aggregate]] = defaultdict(set)
    for part in parts:
        for each in part.sbom.compositions:
            for ref in each.assemblies:
                assemblies[part.name(ref)].add(each.aggregate)
            for ref in each.dependencies:
                dependencies[part.name(ref)].add(each.aggregate)
    yield from (Composition(kind, assemblies=refs) for kind, refs in _grouped(assemblies))
    yield from (Composition(kind, dependencies=refs) for kind, refs in _grouped(dependencies))


def _grouped(said: Mapping[str, set[Aggregate]]) -> Iterator[tuple[Aggregate, tuple[str, ...]]]:
    groups: dict[Aggregate, list[str]] = defaultdict(list)
    for ref in sorted(said):
        groups[next(iter(said[ref])) if len(said[ref]) == 1 else "incomplete"].append(ref)
    yield from ((kind, tuple(refs)) for kind, refs in sorted(groups.items()))
