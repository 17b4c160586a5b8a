"""What the image's distributions reach in a `uv.lock`, for one target platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.tags import create_compatible_tags_selector
from packaging.utils import canonicalize_name

from workflow_containers.definition import Member
from workflow_containers.errors import DefinitionError
from workflow_containers.python.pylock import WHEELS_ONLY
from workflow_containers.python.requirements import Pin, Target
from workflow_containers.python.uvlock import OWN, Condition, Dependency, Lock, Package, parse
from workflow_sbom.errors import Fault

_REFRESH = "run uv lock"


def read(
    table: Mapping[str, Any], target: Target, members: Sequence[Member], origin: str
) -> tuple[Pin, ...]:
    """The best wheel of every package that the members need on the target.

    Raises `DefinitionError` with every fault.
    """
    lock = parse(table, origin)
    walk = _Walk(lock, target, members)
    walk.run()
    pins = walk.pins()
    if walk.faults:
        raise DefinitionError(origin, sorted(set(walk.faults)))
    return pins


class _Walk:
    """From the members along the dependencies whose markers hold, each package once."""

    def __init__(self, lock: Lock, target: Target, members: Sequence[Member]) -> None:
        self._target = target
        self._members: dict[str, Member] = {
            canonicalize_name(member.name): member for member in members
        }
        self._named: dict[str, list[Package]] = defaultdict(list)
        for package in lock.package:
            self._named[package.name].append(package)
        self._best = create_compatible_tags_selector(target.ranking)
        self.faults = list(_unmet(lock, target))
        self.reached: list[Package] = []

    def run(self) -> None:
        """Visit everything."""
        queue = [self._asked(member, name) for name, member in self._members.items()]
        seen: set[tuple[str, str | None, str]] = set()
        while queue:
            dependency = queue.pop()
            for package, extra in self._found(dependency):
                key = (package.name, package.version, extra)
                if key not in seen:
                    seen.add(key)
                    queue += self._needed(package, extra)

    def _asked(self, member: Member, name: str) -> Dependency:
        extras = tuple(map(canonicalize_name, member.extras))
        self.faults += [
            Fault(name, f"no extra {extra!r} is locked", _REFRESH)
            for extra in extras
            if not any(extra in package.optional_dependencies for package in self._named[name])
        ]
        return Dependency(name=name, extra=extras)

    def _found(self, dependency: Dependency) -> Iterator[tuple[Package, str]]:
        """The package that is meant, once plain and once for each extra; none is a fault."""
        found = [
            package
            for package in self._named.get(dependency.name, ())
            if dependency.version in {None, package.version}
            and dependency.source in (None, package.source)
            and self._any(package.resolution_markers)
        ]
        if len(found) != 1:
            count = "no" if not found else "more than one"
            message = f"{count} package of that name is locked for {self._target}"
            self.faults.append(Fault(dependency.name, message, _REFRESH))
            return
        for extra in ("", *dependency.extra):
            yield found[0], extra

    def _needed(self, package: Package, extra: str) -> Iterator[Dependency]:
        if extra:
            wanted: Iterable[Dependency] = package.optional_dependencies.get(extra, ())
        else:
            self.reached.append(package)
            wanted = (*package.dependencies, *self._grouped(package))
        for dependency in wanted:
            if dependency.marker is None or dependency.marker.holds(self._target):
                yield dependency

    def _grouped(self, package: Package) -> Iterator[Dependency]:
        """What the dependency groups (PEP 735) that a member's image needs ask for."""
        member = self._members.get(package.name)
        for group in member.groups if member else ():
            if group not in package.dev_dependencies:
                message = f"no dependency group {group!r} is locked"
                self.faults.append(Fault(package.name, message, _REFRESH))
            yield from package.dev_dependencies.get(group, ())

    def _any(self, conditions: Sequence[Condition]) -> bool:
        return not conditions or any(each.holds(self._target) for each in conditions)

    def pins(self) -> tuple[Pin, ...]:
        """The best wheel of every package that was reached, the members' own apart."""
        found = [self._pin(package) for package in self.reached if not self._is_own(package)]
        self.faults += [each for each in found if isinstance(each, Fault)]
        pins = sorted((each for each in found if isinstance(each, Pin)), key=lambda pin: pin.name)
        self.faults += [
            Fault(pin.name, f"two versions are locked for {self._target}", _REFRESH)
            for before, pin in pairwise(pins)
            if before.name == pin.name
        ]
        return tuple(pins)

    def _is_own(self, package: Package) -> bool:
        return package.kind in OWN and package.name in self._members

    def _pin(self, package: Package) -> Pin | Fault:
        name, kind = package.name, package.kind
        if kind in OWN:
            return Fault(name, "a folder of the repository", "name it in the image's wheels")
        if kind != "registry":
            return Fault(name, f"locked from a source ({kind}), not from an index", WHEELS_ONLY)
        try:
            tagged = [(wheel, wheel.tags_of(package)) for wheel in package.wheels]
        except ValueError as error:
            return Fault(name, str(error)[:200], _REFRESH)
        wheel = next(self._best(tagged), None)
        if wheel is None:
            return Fault(name, f"no wheel is locked for {self._target}", WHEELS_ONLY)
        return Pin(name=name, version=package.version or "", digests=(wheel.hash,))


def _unmet(lock: Lock, target: Target) -> Iterator[Fault]:
    """Why the lock as a whole says nothing of the target."""
    python = target.markers["python_full_version"]
    if not SpecifierSet(lock.requires_python).contains(python):
        yield Fault("requires-python", f"{lock.requires_python}, which {python} is not", _REFRESH)
    for key, conditions in (
        ("resolution-markers", lock.resolution_markers),
        ("supported-markers", lock.supported_markers),
    ):
        if conditions and not any(condition.holds(target) for condition in conditions):
            yield Fault(key, f"none is of {target}", _REFRESH)
