"""What an image is made from, read again for one platform: packages, wheels and our own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packaging.utils import canonicalize_name

from workflow_containers.base.placing import placed
from workflow_containers.building.gathering import stored_wheels
from workflow_containers.building.given import Inputs, Tools
from workflow_containers.building.ground import Ground
from workflow_containers.building.recipe import copied_files, stored_package
from workflow_containers.coverage import debs, ours, rules, weighing, wheels
from workflow_containers.coverage.claims import Part, Put
from workflow_containers.debian.lock import Package
from workflow_containers.definition import Member
from workflow_containers.errors import CoverageError, MemberError
from workflow_containers.inspecting.inventory import distro
from workflow_containers.inspecting.reading import RELEASE
from workflow_containers.layers.entries import Entry, File
from workflow_containers.layers.tree import Tree
from workflow_containers.python.wheel import Wheel
from workflow_containers.python.wheelhouse import Stored
from workflow_containers.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What this repository brings: its wheels and web interfaces by name; `root` is its folder."""

    wheels: Mapping[str, Path]
    bundles: Mapping[str, Path]
    root: Path

    @classmethod
    def of(cls, inputs: Inputs) -> Ours:
        """The same that a build was given."""
        return cls(wheels=inputs.wheels, bundles=inputs.bundles, root=inputs.root)


def parts(ground: Ground, given: Ours, tools: Tools) -> tuple[Part, ...]:
    """What each source of one platform's image says; raises `ContainersError`."""
    put: Put = _as_it_is if ground.base is None else partial(_on, ground.base)
    return (
        *_beneath(ground),
        *_wheels(ground, given, tools, put),
        *_own(ground, given, put),
    )


def _as_it_is(entry: Entry) -> Iterable[Entry]:
    return (entry,)


def _on(base: Tree, entry: Entry) -> Iterable[Entry]:
    return placed(iter((entry,)), base, entry.path)


def _beneath(ground: Ground) -> Iterator[Part]:
    """The packages and what is made for all of them, or the users that a base does not know."""
    definition = ground.materials.definition
    if ground.base is not None:
        yield rules.users_on(ground.base, definition)
        return
    release = _release(ground.materials.store, ground.packages)
    found = [_package(ground, locked, release) for locked in ground.packages]
    yield from found
    yield weighing.beside(rules.root(definition, ground.architecture), found)
    yield Part(claims=tuple(rules.linker_cache(found, ground.architecture)))


def _package(ground: Ground, locked: Package, release: str) -> Part:
    materials = ground.materials
    package = stored_package(materials.store, locked)
    return debs.part(package, locked, materials.definition.exclude, materials.bytecode, release)


def _release(store: Store, packages: Iterable[Package]) -> str:
    """The Debian release that the packages are of, by what base-files says."""
    for locked in packages:
        if locked.name == "base-files":
            for entry in stored_package(store, locked).entries():
                if isinstance(entry, File) and entry.path == RELEASE:
                    return distro(entry.data)
    return distro(b"")


def _wheels(ground: Ground, given: Ours, tools: Tools, put: Put) -> Iterator[Part]:
    for stored in stored_wheels(ground, given.root, tools):
        yield _stored(ground, stored, put)
    paths = {canonicalize_name(name): path for name, path in given.wheels.items()}
    for member in ground.materials.definition.wheels:
        path = paths.get(canonicalize_name(member.name))
        if path is None:
            raise CoverageError(f"no wheel of {member.name} was given")
        yield _member(ground, member, path, put)


def _stored(ground: Ground, stored: Stored, put: Put) -> Part:
    materials = ground.materials
    if not materials.store.verified(stored.digest):
        raise MemberError(f"{stored.name}: changed in the store; run it again")
    with Wheel(materials.store.blob(stored.digest), stored.name) as wheel:
        return _wheel(ground, wheel, put)


def _member(ground: Ground, member: Member, path: Path, put: Put) -> Part:
    with Wheel(path) as wheel:
        if wheel.name != canonicalize_name(member.name):
            raise MemberError(f"{path.name}: no wheel of {member.name}")
        return _wheel(ground, wheel, put)


def _wheel(ground: Ground, wheel: Wheel, put: Put) -> Part:
    if not wheel.runs_on(ground.target.tags):
        raise MemberError(f"{wheel.origin}: does not run on {ground.platform}")
    return wheels.part(wheel, ground.materials.site, ground.materials.bytecode, put)


def _own(ground: Ground, given: Ours, put: Put) -> Iterator[Part]:
    definition = ground.materials.definition
    for wanted in definition.bundles:
        if wanted.name not in given.bundles:
            raise CoverageError(f"no archive of {wanted.name} was given")
        yield ours.interface(wanted, given.bundles[wanted.name], put)
    yield ours.files(copied_files(definition, given.root), put)
