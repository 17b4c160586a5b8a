"""Whether an image's wheels are whole: all that they require is there, in a version they take.

A lock that is older than the project it is of would otherwise show only when the program starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from workflow_containers.definition import Member
from workflow_containers.python.requirements import Target
from workflow_sbom.errors import Fault
from workflow_sbom.python.distribution import Distribution

Asked = tuple[NormalizedName, str]


def unmet(
    members: Sequence[Member], installed: Iterable[Distribution], target: Target, remedy: str
) -> list[Fault]:
    """What the members, with their extras, and all they lead to require and the image lacks."""
    search = _Search(known={each.key: each for each in installed}, target=target)
    start = [
        (canonicalize_name(member.name), extra)
        for member in members
        for extra in ("", *member.extras)
    ]
    return [Fault("requirements", text, remedy) for text in sorted(set(search.faults(start)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    known: Mapping[NormalizedName, Distribution]
    target: Target
    _seen: set[Asked] = field(default_factory=set)

    def faults(self, waiting: list[Asked]) -> Iterator[str]:
        while waiting:
            asked = waiting.pop()
            distribution = self.known.get(asked[0])
            if asked in self._seen or distribution is None:
                continue
            self._seen.add(asked)
            for requirement in self._holding(distribution, asked[1]):
                name = canonicalize_name(requirement.name)
                waiting += [(name, ""), *((name, extra) for extra in requirement.extras)]
                yield from self._fault(distribution, requirement, self.known.get(name))

    def _holding(self, distribution: Distribution, extra: str) -> Iterator[Requirement]:
        variables = {**self.target.markers, "extra": canonicalize_name(extra) if extra else ""}
        for requirement in distribution.requires:
            if requirement.marker is None or requirement.marker.evaluate(variables):
                yield requirement

    def _fault(
        self, needs: Distribution, requirement: Requirement, found: Distribution | None
    ) -> Iterator[str]:
        what = f"{needs.key} {needs.version} needs {requirement.name}{requirement.specifier}"
        if found is None:
            yield f"{what}, which is not locked"
        elif not requirement.specifier.contains(found.version, prereleases=True):
            yield f"{what}, but {found.version} is locked"
