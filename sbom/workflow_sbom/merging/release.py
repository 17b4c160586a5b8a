"""The bill of materials of a whole release, from those of its artifacts.

Each artifact is a part of the release, and holds what its own document says is in it. A file of the
release that is found in another artifact (a wheel in an image) is recognised by its SHA-256, or by
its package where no digest is known there, and stays one component; a package that several
artifacts name is stated once, with all that is known of it. What has one place is nested there,
what has several is named in each. The order of the documents has no effect, nor has one given
twice. Where a component was found is told from the release's folder: `engine.whl/engine/a.py`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workflow_sbom.errors import ModelError
from workflow_sbom.merging.completeness import Said, spoken
from workflow_sbom.merging.join import join
from workflow_sbom.merging.placement import Holding, Placement, flattened, nesting
from workflow_sbom.merging.ties import ties
from workflow_sbom.merging.trimming import without_inside
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.licence import Licence

ARTIFACT = "artifact:"
"""What the reference of an artifact's file starts with, before its name."""


def merge_release(name: str, version: str, sboms: Iterable[Sbom]) -> Sbom:
    """One document for a release.

    Raises `ModelError` when two artifacts have one reference, or say of one component what can't
    be true of both.
    """
    parts = _parts(tuple(dict.fromkeys(sboms)))
    artifacts = _artifacts(parts)
    placement = Placement.of(_components(parts), _holdings(parts), artifacts)
    tops = placement.components()
    release = Component(
        ref=f"release:{name}@{version}",
        kind="application",
        name=name,
        version=version,
        licences=_licences(parts),
        components=tuple(each for each in tops if each.ref in artifacts),
    )
    return spoken(
        Sbom(
            subject=release,
            components=tuple(each for each in tops if each.ref not in artifacts),
            dependencies=(Dependency(release.ref, artifacts), *_edges(parts)),
            compositions=(
                Composition("complete", assemblies=(release.ref,), dependencies=(release.ref,)),
                *_compositions(parts),
            ),
            phases=tuple(sorted({phase for part in parts for phase in part.sbom.phases})),
            properties=tuple(sorted({each for part in parts for each in part.sbom.properties})),
            formulation=tuple(_formulation(parts, placement.parts)),
            containments=placement.containments(),
        )
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """An artifact's document, and which of its references mean other artifacts."""

    sbom: Sbom
    means: Mapping[str, str]

    def name(self, ref: str) -> str:
        return self.means.get(ref, ref)

    def components(self) -> Iterator[Component]:
        """The subject and all that is described, except what means another artifact."""
        for each in flattened((self.sbom.subject, *self.sbom.components)):
            if each.ref not in self.means:
                yield self._placed(each)

    def _placed(self, component: Component) -> Component:
        """A part with the places it lies in as they are from the release's folder."""
        found = component.evidence
        if found is None or component.ref == self.sbom.subject.ref:
            return component
        artifact = self.sbom.subject.ref.removeprefix(ARTIFACT)
        places = tuple(f"{artifact}/{path.lstrip('/')}" for path in found.occurrences)
        return replace(component, evidence=replace(found, occurrences=places))

    def holdings(self) -> Iterator[Holding]:
        """What is in what; what stands at the top is in the subject, unless something holds it."""
        named = [(each.ref, part) for each in self.sbom.containments for part in each.parts]
        held = {part for _, part in named}
        named += nesting((self.sbom.subject, *self.sbom.components))
        named += [
            (self.sbom.subject.ref, each.ref)
            for each in self.sbom.components
            if not each.external and each.ref not in held
        ]
        return ((self.name(whole), self.name(part)) for whole, part in named)


def _parts(sboms: Sequence[Sbom]) -> tuple[_Part, ...]:
    pairs = zip(sboms, ties(sboms), strict=True)
    return tuple(_Part(without_inside(sbom, means), means) for sbom, means in pairs)


def _artifacts(parts: Iterable[_Part]) -> tuple[str, ...]:
    refs = Counter(part.sbom.subject.ref for part in parts)
    for ref, times in sorted(refs.items()):
        if times > 1:
            raise ModelError(f"the artifact {ref!r} stands twice, described differently")
    return tuple(sorted(refs))


def _components(parts: Iterable[_Part]) -> list[Component]:
    groups: dict[str, list[Component]] = defaultdict(list)
    for part in parts:
        for component in part.components():
            groups[component.ref].append(component)
    return [join(groups[ref]) for ref in sorted(groups)]


def _holdings(parts: Iterable[_Part]) -> Iterator[Holding]:
    for part in parts:
        yield from part.holdings()


def _edges(parts: Iterable[_Part]) -> Iterator[Dependency]:
    targets: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        for edge in part.sbom.dependencies:
            targets[part.name(edge.ref)] |= {part.name(target) for target in edge.depends_on}
    for ref in sorted(targets):
        yield Dependency(ref, tuple(sorted(targets[ref] - {ref})))


def _compositions(parts: Iterable[_Part]) -> Iterator[Composition]:
    said = Said()
    for part in parts:
        said.add(
            replace(
                each,
                assemblies=tuple(map(part.name, each.assemblies)),
                dependencies=tuple(map(part.name, each.dependencies)),
            )
            for each in part.sbom.compositions
        )
    return said.compositions()


def _formulation(parts: Iterable[_Part], known: Mapping[str, Component]) -> Iterator[Component]:
    """What was needed to build, each once; what is in an artifact as well stands there."""
    groups: dict[str, list[Component]] = defaultdict(list)
    for part in parts:
        for tool in part.sbom.formulation:
            groups[tool.ref].append(tool)
    return (join(groups[ref]) for ref in sorted(groups) if ref not in known)


def _licences(parts: Iterable[_Part]) -> tuple[Licence, ...]:
    """What every artifact that states a licence states; nothing where they differ."""
    stated = {part.sbom.subject.licences for part in parts} - {()}
    return stated.pop() if len(stated) == 1 else ()
