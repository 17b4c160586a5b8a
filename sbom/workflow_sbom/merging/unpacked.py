"""An archive of a release that lies unpacked in another artifact: an interface in an image.

The image's document has the archive as a component, found by its files; what the archive is made
of its own document says, and the image's says it, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from workflow_sbom.merging.completeness import spoken
from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import ExternalReference


def with_unpacked(sbom: Sbom, archives: Iterable[Sbom]) -> Sbom:
    """The document with the parts of each archive, by its own document, where it names it."""
    for archive in archives:
        known = frozenset(each.ref for each in sbom.walk())
        ref = archive.subject.purl
        if ref in known and not known.issuperset(each.ref for each in archive.components):
            sbom = _Unpacked(archive, ref, known).inside(sbom)
    return sbom


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """What an archive's document adds where the archive is `ref` and some others are `known`."""

    archive: Sbom
    ref: str
    known: frozenset[str]

    def inside(self, sbom: Sbom) -> Sbom:
        return spoken(
            replace(
                sbom,
                components=tuple(map(self._held, sbom.components)),
                dependencies=(*sbom.dependencies, *self._edges(sbom)),
                compositions=(*self._others(sbom), *self._compositions()),
            )
        )

    def _held(self, component: Component) -> Component:
        if component.ref == self.ref:
            return self._whole(component)
        return replace(component, components=tuple(map(self._held, component.components)))

    def _whole(self, found: Component) -> Component:
        """The archive as it lies there, with what its document says of it and of its parts."""
        subject = self.archive.subject
        places = tuple(each.name for each in found.components if each.kind == "file")
        parts = (_placed(each, places) for each in self.archive.components if self._is_new(each))
        return replace(
            found,
            description=subject.description,
            copyright=subject.copyright,
            supplier=subject.supplier,
            manufacturer=subject.manufacturer,
            authors=subject.authors,
            licences=subject.licences,
            references=tuple({*found.references, *self._references()}),
            components=(*found.components, *parts),
        )

    def _references(self) -> Iterator[ExternalReference]:
        """Where the archive itself is to be had, the document of what is inside says."""
        return (each for each in self.archive.subject.references if each.kind != "distribution")

    def _is_new(self, part: Component) -> bool:
        return self.known.isdisjoint(each.ref for each in part.walk())

    def _edges(self, sbom: Sbom) -> Iterator[Dependency]:
        """What the archive's parts need; of a part that both know, the artifact's word stands."""
        stated = {edge.ref for edge in sbom.dependencies}
        for edge in self.archive.dependencies:
            if self._name(edge.ref) not in stated:
                yield Dependency(self._name(edge.ref), tuple(map(self._name, edge.depends_on)))

    def _others(self, sbom: Sbom) -> Iterator[Composition]:
        """What the artifact says of others' needs: those of the archive are told now."""
        for each in sbom.compositions:
            left = tuple(ref for ref in each.dependencies if ref != self.ref)
            if left or each.assemblies:
                yield replace(each, dependencies=left)

    def _compositions(self) -> Iterator[Composition]:
        """What is said of the archive's parts."""
        for each in self.archive.compositions:
            yield replace(
                each,
                assemblies=tuple(map(self._name, each.assemblies)),
                dependencies=tuple(map(self._name, each.dependencies)),
            )

    def _name(self, ref: str) -> str:
        return self.ref if ref == self.archive.subject.ref else ref


def _placed(part: Component, places: tuple[str, ...]) -> Component:
    """A part of the archive at the `places` where the archive's files lie in the artifact."""
    inside = tuple(_placed(each, places) for each in part.components)
    if part.evidence is None:
        return replace(part, components=inside)
    ends = tuple(f"/{path}" for path in part.evidence.occurrences)
    found = tuple(place for place in places if ends and place.endswith(ends))
    return replace(part, components=inside, evidence=replace(part.evidence, occurrences=found))
