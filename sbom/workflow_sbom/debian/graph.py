"""Which of some installed packages need which: what their own records ask for, and no more.

Rules: Debian policy, chapter 7 (versions, alternatives, virtual packages), and what dpkg makes of
architectures. An alternative that is not there, or in a version that does not do, is no edge;
several that do are all edges. Essential packages are needed by all and named by none, so nothing
leads to them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from workflow_sbom.debian import relations
from workflow_sbom.debian.control import reference
from workflow_sbom.debian.relations import Relation
from workflow_sbom.errors import InventoryError
from workflow_sbom.model.document import Dependency

MAX_CANDIDATES = 5_000_000
_NEEDS = ("pre-depends", "depends")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The needs of each package, and the packages with a need that nothing there meets."""

    dependencies: tuple[Dependency, ...]
    incomplete: frozenset[str]


def graph(controls: Iterable[Mapping[str, str]], distro: str) -> Graph:
    """The graph of installed packages; raises `InventoryError` for records that are none."""
    root = _Root([_Package.read(each, distro) for each in controls])
    found = {each.ref: [root.meeting(each, need) for need in each.needs] for each in root.packages}
    return Graph(
        dependencies=tuple(
            Dependency(ref, tuple(sorted(set[str]().union(*met) - {ref})))
            for ref, met in sorted(found.items())
        ),
        incomplete=frozenset(ref for ref, met in found.items() if not all(met)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Package:
    ref: str
    name: str
    version: str
    architecture: str
    multiarch: str
    needs: tuple[tuple[Relation, ...], ...]
    provides: tuple[Relation, ...]

    @classmethod
    def read(cls, control: Mapping[str, str], distro: str) -> _Package:
        ref = reference(control, distro)
        provides = relations.parse(control.get("provides", ""))
        return cls(
            ref=ref,
            name=control["package"],
            version=control["version"],
            architecture=control["architecture"],
            multiarch=control.get("multi-arch", "no"),
            needs=tuple(need for key in _NEEDS for need in relations.parse(control.get(key, ""))),
            provides=tuple(each for alternatives in provides for each in alternatives),
        )

    def names(self) -> Iterator[tuple[str, str | None]]:
        """What it answers to, and in which version; its own name comes with its own version."""
        yield self.name, self.version
        for each in self.provides:
            yield each.name, each.version


class _Root:
    """Packages that are installed together."""

    def __init__(self, packages: list[_Package]) -> None:
        self.packages = packages
        self._named: dict[str, list[tuple[str | None, _Package]]] = defaultdict(list)
        for package in packages:
            for name, version in package.names():
                self._named[name].append((version, package))
        self._native = _native(packages)
        self._looked = 0

    def meeting(self, package: _Package, need: tuple[Relation, ...]) -> set[str]:
        """The references of all that meets a need of a package."""
        return {
            found.ref
            for relation in need
            for version, found in self._candidates(relation)
            if relation.admits(version) and self._fits(package, relation, found)
        }

    def _candidates(self, relation: Relation) -> list[tuple[str | None, _Package]]:
        found = self._named.get(relation.name, [])
        self._looked += len(found)
        if self._looked > MAX_CANDIDATES:
            raise InventoryError(f"more than {MAX_CANDIDATES} pairs of packages may be related")
        return found

    def _fits(self, package: _Package, relation: Relation, found: _Package) -> bool:
        """Whether a package is of an architecture that serves the other."""
        if relation.architecture is None and found.multiarch == "foreign":
            return True
        if relation.architecture == "any" and found.multiarch == "allowed":
            return True
        named = relation.architecture if relation.architecture != "any" else None
        return self._actual(named or package.architecture) == self._actual(found.architecture)

    def _actual(self, architecture: str) -> str:
        return self._native if architecture == "all" else architecture


def _native(packages: Iterable[_Package]) -> str:
    """What packages for all architectures count as: the architecture of most others."""
    found = Counter(each.architecture for each in packages if each.architecture != "all")
    return min(found, key=lambda each: (-found[each], each), default="all")
