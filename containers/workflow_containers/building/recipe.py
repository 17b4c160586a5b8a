"""From a definition to the fragments of its layers: what is made of what, and when again.

A recipe's key digests all that decides its bytes, this package's own source included, so a
fragment is made again exactly when something in it would differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from packaging.utils import canonicalize_name

from workflow_containers.architecture import Architecture
from workflow_containers.base import users
from workflow_containers.base.image import BaseImage
from workflow_containers.base.placing import placed
from workflow_containers.building import rootfs
from workflow_containers.debian import contents as debian
from workflow_containers.debian import deb
from workflow_containers.debian.lock import Package
from workflow_containers.definition import Bundle, Copied, Definition, Member
from workflow_containers.errors import DefinitionError, MemberError
from workflow_containers.layers import bundle, compress, fragment, ldcache
from workflow_containers.layers.entries import Entry, File
from workflow_containers.layers.fragment import Fragment
from workflow_containers.layers.tree import Tree
from workflow_containers.python.bytecode import Bytecode
from workflow_containers.python.requirements import Target
from workflow_containers.python.wheel import Row, Site, Wheel, record, row_of
from workflow_containers.python.wheelhouse import Stored
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest, measure_file
from workflow_sbom.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one fragment is made; recipes with the same key make the same fragment."""

    name: str
    key: Digest
    entries: Callable[[], Iterator[Entry]]

    def make(self, store: Store) -> Fragment:
        """The fragment, from the store when it is there."""
        if (known := fragment.recall(store, self.key)) is not None:
            return known
        with store.alone(self.key):
            if (known := fragment.recall(store, self.key)) is not None:
                return known
            made = fragment.write(store, self.name, self.entries())
            fragment.remember(store, self.key, made)
            return made


# The rooms whose code decides bytes; the others only carry, read or show them.
_DECIDING = ("base", "building", "debian", "layers", "oci", "python")


@cache
def rules() -> Digest:
    """What this package's code and compressor would make of the same inputs."""
    package = Path(__file__).parents[1]
    rooms = [package, *(package / room for room in _DECIDING)]
    sources = sorted(path for room in rooms for path in room.glob("*.py"))
    parts = [
        [path.relative_to(package).as_posix(), measure_file(path).digest.hex]
        for path in sources
        if path.name != "__init__.py"
    ]
    return Digest.of(canonical.encode([parts, compress.VERSION, compress.LEVEL]))


def _key(kind: str, *parts: canonical.Json) -> Digest:
    return Digest.of(canonical.encode([rules().hex, kind, *parts]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What every recipe of an image needs: the store, the compiler, where wheels go."""

    definition: Definition
    store: Store
    bytecode: Bytecode
    site: Site

    def root(self, architecture: Architecture) -> Recipe:
        """The files no package brings."""
        definition = self.definition
        return Recipe(
            name="root",
            key=_key("root", architecture.debian, definition.user, definition.python),
            entries=lambda: rootfs.entries(definition, architecture),
        )

    def users(self, base: Tree) -> tuple[Recipe, ...]:
        """The user it runs as, if the base does not know it."""
        found = tuple(users.entries(base, self.definition.user))
        rows = [[entry.path, *_contents(entry)] for entry in found]
        recipe = Recipe(name="users", key=_key("users", rows), entries=lambda: iter(found))
        return (recipe,) if found else ()

    def package(self, locked: Package) -> Recipe:
        """A Debian package, which must be in the store."""
        exclude = self.definition.exclude
        return Recipe(
            name=f"{locked.name} {locked.version}",
            key=_key("deb", locked.sha256.hex, locked.path, exclude, self.bytecode.identity),
            entries=lambda: self.bytecode.added(package_entries(self.store, locked, exclude)),
        )

    def stored_wheel(self, stored: Stored, target: Target) -> Recipe:
        """A wheel from elsewhere, which must be in the store."""
        path = self.store.blob(stored.digest)
        recipe = self._wheel(path, stored.name, stored.digest, target)
        return replace(recipe, entries=lambda: self._verified(stored, recipe))

    def _verified(self, stored: Stored, recipe: Recipe) -> Iterator[Entry]:
        if not self.store.verified(stored.digest):
            raise MemberError(f"{stored.name}: changed in the store; build again")
        return recipe.entries()

    def member_wheel(self, member: Member, path: Path, target: Target) -> Recipe:
        """A wheel of this repository."""
        recipe = self._wheel(path, path.name, _digest(path), target)
        with Wheel(path) as wheel:
            if wheel.name != canonicalize_name(member.name):
                raise MemberError(f"{path.name}: no wheel of {member.name}")
        return recipe

    def _wheel(self, path: Path, name: str, digest: Digest, target: Target) -> Recipe:
        site, bytecode = self.site, self.bytecode
        return Recipe(
            name=name,
            key=_key("wheel", name, digest.hex, site.packages, bytecode.identity),
            entries=lambda: _wheel_entries(path, name, target, site, bytecode),
        )

    def bundle(self, wanted: Bundle, path: Path) -> Recipe:
        """A web interface of this repository."""
        return Recipe(
            name=wanted.name,
            key=_key("bundle", _digest(path).hex, wanted.path),
            entries=lambda: bundle.entries(path, wanted.path.lstrip("/")),
        )

    def files(self, root: Path) -> Recipe:
        """The repository's files that go in as they are."""
        read = copied_files(self.definition, root)
        rows = [[each.path, each.mode, Digest.of(data).hex] for each, data in read.items()]
        return Recipe(name="files", key=_key("files", rows), entries=lambda: _copied(read))


def over(base: BaseImage, recipe: Recipe) -> Recipe:
    """The recipe with what it makes put on a base."""
    return Recipe(
        name=recipe.name,
        key=_key("over", base.manifest.hex, recipe.key.hex),
        entries=lambda: placed(recipe.entries(), base.tree, recipe.name),
    )


def _contents(entry: Entry) -> Iterator[str]:
    if isinstance(entry, File):
        yield Digest.of(entry.data).hex


def linker_cache(data: bytes) -> Recipe:
    """The list by which the dynamic linker finds the packages' libraries."""
    return Recipe(
        name="ld.so.cache",
        key=_key("file", ldcache.PATH, Digest.of(data).hex),
        entries=lambda: iter((File(ldcache.PATH, 0o644, data),)),
    )


def package_entries(store: Store, locked: Package, exclude: Sequence[str]) -> Iterator[Entry]:
    """What goes into an image of a package in the store; raises `MemberError`."""
    return debian.contents(stored_package(store, locked), locked, exclude)


def stored_package(store: Store, locked: Package) -> deb.Package:
    """A package in the store, its bytes held against the lock; raises `MemberError`."""
    origin = f"{locked.name}_{locked.version}_{locked.architecture}.deb"
    data = store.read(locked.sha256)
    if data is None:
        raise MemberError(f"{origin}: not in the store; build again")
    return deb.read(data, origin)


def _wheel_entries(
    path: Path, name: str, target: Target, site: Site, bytecode: Bytecode
) -> Iterator[Entry]:
    """The installed files, their compiled forms, and the RECORD of them all."""
    rows: list[Row] = []
    with Wheel(path, name) as wheel:
        if not wheel.runs_on(target.tags):
            raise MemberError(f"{name}: does not run on {target.architecture.debian}")
        for entry in bytecode.added(iter(wheel.entries(site))):
            rows.append(row_of(entry))
            yield entry
        yield record(site, wheel.info, rows)


def _digest(path: Path) -> Digest:
    try:
        return measure_file(path).digest
    except OSError as error:
        raise MemberError(f"{path}: can't be read: {error.strerror}") from error


def copied_files(definition: Definition, root: Path) -> dict[Copied, bytes]:
    """The repository's files that go in as they are; raises `DefinitionError`."""
    return {copied: _read(root, copied) for copied in definition.files}


def _read(root: Path, copied: Copied) -> bytes:
    path = (root / copied.source).resolve()
    if not path.is_relative_to(root.resolve()):
        fault = Fault("files", f"{copied.source} is a link out of the repository")
        raise DefinitionError(str(root), [fault])
    try:
        return path.read_bytes()
    except OSError as error:
        fault = Fault("files", f"{copied.source}: can't be read: {error.strerror}")
        raise DefinitionError(str(root), [fault]) from error


def _copied(read: Mapping[Copied, bytes]) -> Iterator[Entry]:
    for copied, data in sorted(read.items(), key=lambda item: item[0].path):
        yield File(copied.path.lstrip("/"), int(copied.mode, 8), data)
