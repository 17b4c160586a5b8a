"""Where parts lie: a part with one place is nested there, one with several is named in each.

A document's components form a tree; what is in two images has two places and can be in no tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Containment

Holding = tuple[str, str]
"""What holds, and what is held."""


def flattened(components: Iterable[Component]) -> Iterator[Component]:
    """Each component and all nested in it, each without what is in it."""
    for component in components:
        for each in component.walk():
            yield replace(each, components=()) if each.components else each


def nesting(components: Iterable[Component]) -> Iterator[Holding]:
    """What each component and all nested in it hold directly."""
    for component in components:
        for whole in component.walk():
            for part in whole.components:
                yield whole.ref, part.ref


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each part lies, for parts without anything nested in them.

    `tops` stand at the top of the document whatever holds them.
    """

    parts: Mapping[str, Component]
    holders: Mapping[str, frozenset[str]]
    tops: frozenset[str]

    @classmethod
    def of(
        cls, parts: Iterable[Component], held: Iterable[Holding], tops: Iterable[str]
    ) -> Placement:
        """From parts and what holds what; a part is never in itself."""
        holders: dict[str, set[str]] = defaultdict(set)
        for whole, part in held:
            if whole != part:
                holders[part].add(whole)
        frozen = {part: frozenset(wholes) for part, wholes in holders.items()}
        return cls({part.ref: part for part in parts}, frozen, frozenset(tops))

    def components(self) -> tuple[Component, ...]:
        """The top of the document, each with what is nested in it, sorted."""
        inside: dict[str, list[str]] = defaultdict(list)
        for ref in sorted(self.parts):
            if (home := self._home(ref)) is not None:
                inside[home].append(ref)
        return tuple(
            self._whole(ref, inside) for ref in sorted(self.parts) if self._home(ref) is None
        )

    def containments(self) -> tuple[Containment, ...]:
        """What holds a part that is not nested in it, sorted."""
        found: dict[str, list[str]] = defaultdict(list)
        for part in sorted(self.holders):
            if self._home(part) is None:
                for whole in self.holders[part]:
                    found[whole].append(part)
        return tuple(Containment(whole, tuple(found[whole])) for whole in sorted(found))

    def _whole(self, ref: str, inside: Mapping[str, list[str]]) -> Component:
        nested = tuple(self._whole(part, inside) for part in inside.get(ref, ()))
        return replace(self.parts[ref], components=nested) if nested else self.parts[ref]

    def _home(self, ref: str) -> str | None:
        """The one place of a part, from which the top of the document can be reached."""
        home = self._only(ref)
        above, seen = home, {ref}
        while above is not None:
            if above in seen:
                return None
            seen.add(above)
            above = self._only(above)
        return home

    def _only(self, ref: str) -> str | None:
        holders = self.holders.get(ref, frozenset())
        return next(iter(holders)) if len(holders) == 1 and ref not in self.tops else None
