"""An archive of a release that lies unpacked in another artifact: an interface in an image.

A package manager leaves a record of what it installed; an archive that was unpacked leaves its
files and nothing else. They tell: where every file of the archive lies in an artifact, byte for
byte, the archive is in it, and with it all that the archive's own document names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from workflow_sbom.digest import Digest
from workflow_sbom.merging.completeness import spoken
from workflow_sbom.model.component import Component, Evidence
from workflow_sbom.model.document import Composition, Dependency, Sbom
from workflow_sbom.model.parts import ExternalReference


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive's document, and the digest of every file in it."""

    sbom: Sbom
    files: frozenset[Digest]


def with_unpacked(sbom: Sbom, archives: Collection[Archive]) -> Sbom:
    """The document with every archive in it that its files show to be there."""
    for archive in archives:
        places = _places(sbom, archive)
        if places and archive.sbom.subject.purl is not None:
            sbom = _with(sbom, archive.sbom, archive.sbom.subject.purl, places)
    return sbom


def _places(sbom: Sbom, archive: Archive) -> tuple[Component, ...]:
    """The files of the archive in the artifact; none unless all of them are there."""
    wanted = {digest.hex for digest in archive.files}
    found = tuple(each for each in sbom.components if each.hash("SHA-256") in wanted)
    if {each.hash("SHA-256") for each in found} != wanted:
        return ()
    return tuple(each for each in found if each.kind == "file")


def _with(sbom: Sbom, inner: Sbom, purl: str, places: tuple[Component, ...]) -> Sbom:
    known = {each.ref for each in sbom.walk()}
    if purl in known:
        return sbom
    added = _Added(inner, purl, frozenset(known))
    files = frozenset(each.ref for each in places)
    return spoken(
        replace(
            sbom,
            components=(*sbom.components, added.component(places)),
            dependencies=(*_needing(sbom, files, purl), *added.edges(sbom)),
            compositions=(*sbom.compositions, *added.compositions()),
        )
    )


def _needing(sbom: Sbom, files: frozenset[str], ref: str) -> Iterator[Dependency]:
    """The edges of an artifact; what is made of the files is made of the archive."""
    for edge in sbom.dependencies:
        holds = not files.isdisjoint(edge.depends_on)
        yield Dependency(edge.ref, (*edge.depends_on, ref)) if holds else edge


@dataclass(frozen=True, slots=True)
class _Added:
    """What an archive's document adds to one where some references are `known`."""

    sbom: Sbom
    ref: str
    known: frozenset[str]

    def component(self, places: tuple[Component, ...]) -> Component:
        """The archive as it lies there: its own bytes are elsewhere, its parts are inside."""
        subject, purl = self.sbom.subject, self.ref
        whole = ExternalReference("distribution", purl, subject.hashes)
        others = (each for each in subject.references if each.kind != "distribution")
        paths = tuple(sorted(each.name for each in places))
        return replace(
            subject,
            ref=purl,
            hashes=(),
            properties=(),
            references=(whole, *others),
            evidence=Evidence(technique="hash-comparison", occurrences=paths),
            components=tuple(
                each
                for each in self.sbom.components
                if self.known.isdisjoint(part.ref for part in each.walk())
            ),
        )

    def edges(self, sbom: Sbom) -> Iterator[Dependency]:
        """What the archive's parts need; of a part that both know, the artifact's word stands."""
        stated = {edge.ref for edge in sbom.dependencies}
        for edge in self.sbom.dependencies:
            if edge.ref not in stated:
                yield Dependency(self._name(edge.ref), tuple(map(self._name, edge.depends_on)))

    def compositions(self) -> Iterator[Composition]:
        """What is said of the archive's parts."""
        for each in self.sbom.compositions:
            yield replace(
                each,
                assemblies=tuple(map(self._name, each.assemblies)),
                dependencies=tuple(map(self._name, each.dependencies)),
            )

    def _name(self, ref: str) -> str:
        return self.ref if ref == self.sbom.subject.ref else ref
