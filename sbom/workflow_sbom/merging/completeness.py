"""How much is stated of each component: what documents say together, and what nobody spoke of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Aggregate, Composition, Sbom


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of the parts and of the needs of each reference."""

    assemblies: dict[str, set[Aggregate]] = field(default_factory=lambda: defaultdict(set))
    dependencies: dict[str, set[Aggregate]] = field(default_factory=lambda: defaultdict(set))

    def add(self, compositions: Iterable[Composition]) -> None:
        """Take in what one document says."""
        for each in compositions:
            for ref in each.assemblies:
                self.assemblies[ref].add(each.aggregate)
            for ref in each.dependencies:
                self.dependencies[ref].add(each.aggregate)

    def compositions(self) -> Iterator[Composition]:
        """What all call alike stays so; where they differ, the whole is incomplete."""
        for kind, refs in _grouped(self.assemblies):
            yield Composition(kind, assemblies=refs)
        for kind, refs in _grouped(self.dependencies):
            yield Composition(kind, dependencies=refs)


def _grouped(said: Mapping[str, set[Aggregate]]) -> Iterator[tuple[Aggregate, tuple[str, ...]]]:
    groups: dict[Aggregate, list[str]] = defaultdict(list)
    for ref in sorted(said):
        groups[next(iter(said[ref])) if len(said[ref]) == 1 else "incomplete"].append(ref)
    yield from ((kind, tuple(refs)) for kind, refs in sorted(groups.items()))


def spoken(sbom: Sbom) -> Sbom:
    """The document with something said of every component: what nobody spoke of is unknown.

    Of the needs of each, and of the parts of the subject and of all that holds any. What was only
    needed to build is no part of the graph.
    """
    said = Said()
    said.add(sbom.compositions)
    for each in _described(sbom):
        if each.ref not in said.dependencies:
            said.dependencies[each.ref].add("unknown")
    for ref in _wholes(sbom) - said.assemblies.keys():
        said.assemblies[ref].add("unknown")
    return replace(sbom, compositions=tuple(said.compositions()))


def _described(sbom: Sbom) -> Iterator[Component]:
    for each in (sbom.subject, *sbom.components):
        yield from each.walk()


def _wholes(sbom: Sbom) -> set[str]:
    nested = {each.ref for each in _described(sbom) if each.components}
    return {sbom.subject.ref, *nested, *(each.ref for each in sbom.containments)}
