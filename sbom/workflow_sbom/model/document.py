"""A bill of materials: a subject, its components, the edges between them, how much is known.

Order carries no meaning; renderers sort.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from workflow_sbom.errors import ModelError
from workflow_sbom.model.component import Component
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import Contact, Organisation, Property
from workflow_sbom.texts import require_choice

Aggregate = Literal["complete", "incomplete", "unknown"]
Phase = Literal["design", "pre-build", "build", "post-build", "operations"]
MAX_NESTING = 32
Sharing = Literal["CLEAR", "GREEN", "AMBER", "AMBER_AND_STRICT", "RED"]


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a component needs directly; an empty tuple says it needs nothing.

    A component whose needs are not known has no `Dependency` at all.
    """

    ref: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Containment:
    """What lies inside a component besides what is nested in it.

    Nesting is for a part with one place; here a part may lie in several, a wheel in two images.
    """

    ref: str
    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.parts or self.ref in self.parts:
            raise ModelError(f"{self.ref[:80]!r} holds at least one part, and never itself")


@dataclass(frozen=True, slots=True)
class Composition:
    """How much of the parts (`assemblies`) or needs (`dependencies`) of the named refs is stated.

    References do not cascade: each component meant is named.
    """

    aggregate: Aggregate
    assemblies: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_choice("composition", self.aggregate, get_args(Aggregate))
        if not self.assemblies and not self.dependencies:
            raise ModelError("a composition speaks of at least one component")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Who stands behind a document and its subject, and on what terms it is passed on.

    `authors` wrote the document, or `manufacturer`, an organisation, had it made by a program;
    `supplier` distributes the subject. `licence` is the document's own, `sharing` its Traffic Light
    Protocol label (FIRST, TLP 2.0).
    """

    authors: tuple[Contact, ...] = ()
    supplier: Organisation | None = None
    manufacturer: Organisation | None = None
    licence: SpdxLicence | None = None
    sharing: Sharing | None = None

    def __post_init__(self) -> None:
        if self.sharing is not None:
            require_choice("sharing", self.sharing, get_args(Sharing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sbom:
    """A bill of materials: `subject` is what it describes, `components` what that is made of.

    `phases` says when the facts were gathered. `properties` are facts about the document, such as
    the environment that markers were evaluated for. `formulation` are components that were only
    needed to make the subject and are not in it. `publication` says who stands behind the document.
    `containments` say what lies in several places. Raises `ModelError` when a reference stands
    twice or names nothing, and for components nested so deeply that readers refuse the document.
    """

    subject: Component
    components: tuple[Component, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    compositions: tuple[Composition, ...] = ()
    phases: tuple[Phase, ...] = ("build",)
    properties: tuple[Property, ...] = ()
    formulation: tuple[Component, ...] = ()
    publication: Publication | None = None
    containments: tuple[Containment, ...] = ()

    def __post_init__(self) -> None:
        _require_shallow((self.subject, *self.components, *self.formulation))
        refs = Counter(component.ref for component in self.walk())
        _require_unique("component", refs)
        _require_unique("dependency of", Counter(edge.ref for edge in self.dependencies))
        for edge in self.dependencies:
            _require_known(f"the dependency of {edge.ref!r}", (edge.ref, *edge.depends_on), refs)
        _require_unique("containment of", Counter(each.ref for each in self.containments))
        for each in self.containments:
            _require_known(f"the containment of {each.ref!r}", (each.ref, *each.parts), refs)
        for composition in self.compositions:
            named = (*composition.assemblies, *composition.dependencies)
            _require_known(f"the composition {composition.aggregate!r}", named, refs)

    def walk(self) -> Iterator[Component]:
        """Every component of the document: subject, components, formulation, and all nested."""
        yield from self.subject.walk()
        for component in (*self.components, *self.formulation):
            yield from component.walk()

    def counts(self) -> tuple[int, int]:
        """How many components there are beside the subject, and how many edges."""
        edges = sum(len(edge.depends_on) for edge in self.dependencies)
        return sum(1 for _ in self.walk()) - 1, edges

    def published(self, publication: Publication | None) -> Sbom:
        """The same document with somebody standing behind it."""
        return replace(self, publication=publication)

    def with_subject(self, subject: Component) -> Sbom:
        """The same document about another subject of the same reference."""
        return replace(self, subject=subject)


def _require_shallow(components: Iterable[Component]) -> None:
    level = list(components)
    for _ in range(MAX_NESTING):
        level = [part for each in level for part in each.components]
        if not level:
            return
    raise ModelError(f"components nested deeper than {MAX_NESTING}, in {level[0].name[:80]!r}")


def _require_unique(what: str, refs: Counter[str]) -> None:
    twice = sorted(ref for ref, count in refs.items() if count > 1)
    if twice:
        raise ModelError(f"the {what} {twice[0]!r} stands twice ({len(twice)} such references)")


def _require_known(what: str, named: tuple[str, ...], refs: Counter[str]) -> None:
    unknown = sorted(set(named) - refs.keys())
    if unknown:
        raise ModelError(f"{what} names {unknown[0]!r}, which is no component of the document")
