"""The lock of the Debian packages: for each platform name, version, place in the pool, digest.

It never names a host. Resolving writes it (`debian.resolve`); a build reads it. Schema 1 holds
packages that definitions name one by one; schema 2 also what the closures of images came to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from workflow_containers.definition import Debian
from workflow_containers.errors import DefinitionError
from workflow_containers.layers import compress
from workflow_containers.platform import Platform
from workflow_sbom import canonical, tables
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError, Fault, TableError

RELOCK = "run workflow-containers lock"
Archive = Literal["debian", "debian-security"]
_POOL = re.compile(r"pool/(?:[A-Za-z0-9][A-Za-z0-9.+~:%_-]*/)*[A-Za-z0-9][A-Za-z0-9.+~:%_-]*\.deb")
_GLIBC = re.compile(r"(?:[0-9]+:)?2\.([0-9]{1,3})(?![0-9])")
_RELEASE = re.compile(r"3\.[0-9]+\.[0-9]+(?=[-~+]|$)")
_NAME = r"[a-z0-9][a-z0-9+.-]+"
_VERSION = r"[0-9][A-Za-z0-9.+:~-]*"


@dataclass(frozen=True, slots=True)
class Hex:
    """A SHA-256 digest as Debian writes it: the bare hexadecimal digits."""

    digest: Digest

    @classmethod
    def parse(cls, text: str) -> Hex:
        """Read 64 lower-case hexadecimal digits; raises `DigestError`."""
        return cls(Digest(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """One package as the lock file holds it."""

    name: str = tables.described("The package's name", pattern=_NAME)
    version: str = tables.described("Its version, epoch included", pattern=_VERSION)
    architecture: str = tables.described("Its architecture, or all", pattern="[a-z0-9-]+")
    archive: Archive = tables.described("The archive that has it")
    path: str = tables.described("Its path in that archive", pattern=_POOL.pattern)
    size: int = tables.described("Its size in bytes")
    sha256: Hex = tables.described("Its digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A locked package of one platform."""

    name: str
    version: str
    architecture: str
    archive: Archive
    path: str
    size: int
    sha256: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Compressor:
    """The compressor whose bytes the layers have; another version may write others."""

    name: Literal["zlib-ng"] = tables.described("The library")
    version: str = tables.described("Its version")
    level: int = tables.described("The compression level")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """What an image's packages came to with all they depend on, by platform; the names alone.

    `packages` and `without` are what was asked, so that a build sees when that has changed.
    """

    packages: tuple[str, ...] = tables.described("What was asked for", pattern=_NAME)
    without: tuple[str, ...] = tables.described("Where it was cut", default=(), pattern=_NAME)
    resolved: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        for platform in self.resolved:
            Platform.parse(platform)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A lock file."""

    schema: int
    suite: str
    compressor: Compressor
    platforms: Mapping[str, tuple[Locked, ...]]
    closures: Mapping[str, Closure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = 2 if self.closures else 1
        if self.schema != known:
            raise TableError([Fault("schema", f"{self.schema}, but {known} is expected here")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an image asks of a suite, for which platforms."""

    image: str
    debian: Debian
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The packages of a Debian suite by platform, and the compressor that layers are made with."""

    suite: str
    compressor: Compressor
    platforms: Mapping[Platform, tuple[Package, ...]]
    digest: Digest
    closures: Mapping[str, Closure] = field(default_factory=dict)

    def covers(self, wanted: Wanted, platform: Platform) -> bool:
        """Whether it was resolved for the image on that platform."""
        if not wanted.debian.closure:
            return platform in self.platforms
        closure = self.closures.get(wanted.image)
        return closure is not None and str(platform) in closure.resolved

    def of(self, wanted: Wanted, platform: Platform) -> tuple[Package, ...]:
        """The image's packages in the order of their names; raises `DefinitionError`."""
        debian = wanted.debian
        if not debian.closure:
            return self.select(platform, debian.packages, debian.lock)
        closure = self.closures.get(wanted.image)
        asked = (tuple(sorted(debian.packages)), tuple(sorted(debian.without)))
        if closure is None or (closure.packages, closure.without) != asked:
            what = "was not resolved" if closure is None else "was resolved for other packages"
            fault = Fault(f"closures.{wanted.image}", f"it {what}", RELOCK)
            raise DefinitionError(debian.lock, [fault])
        if not self.covers(wanted, platform):
            fault = Fault(f"closures.{wanted.image}", f"not resolved for {platform}", RELOCK)
            raise DefinitionError(debian.lock, [fault])
        return self.select(platform, closure.resolved[str(platform)], debian.lock)

    def select(
        self, platform: Platform, names: tuple[str, ...], origin: str
    ) -> tuple[Package, ...]:
        """The named packages in the order of their names; raises `DefinitionError`."""
        known = {package.name: package for package in self.platforms.get(platform, ())}
        faults = [
            Fault("packages", f"{name!r} is not locked for {platform}", RELOCK)
            for name in names
            if name not in known
        ]
        if faults:
            raise DefinitionError(origin, faults)
        return tuple(known[name] for name in sorted(names))


def glibc(packages: Iterable[Package]) -> int:
    """The C library's minor version, which decides the wheels that run; 17 without one."""
    for package in packages:
        if package.name == "libc6" and (found := _GLIBC.match(package.version)):
            return int(found[1])
    return 17


def python_release(packages: Iterable[Package], python: str) -> str | None:
    """The full version of the interpreter (`3.13.5`), from its package's; None without one."""
    for package in packages:
        if package.name == f"python{python}-minimal" and (found := _RELEASE.match(package.version)):
            return found[0]
    return None


def compressor() -> Compressor:
    """The compressor of this process."""
    return Compressor(name="zlib-ng", version=compress.VERSION, level=compress.LEVEL)


def load(path: Path) -> Lock:
    """Read a lock file; raises `DefinitionError` with every fault in it."""
    try:
        return parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise DefinitionError(str(path), [Fault("", "no such lock", RELOCK)]) from None
    except OSError as error:
        raise DefinitionError(str(path), [Fault("", str(error))]) from error


def parse(data: bytes, origin: str) -> Lock:
    """Read a lock's bytes; raises `DefinitionError` with every fault, naming `origin`."""
    try:
        file = tables.read(_File, canonical.decode(data))
        return Lock(
            suite=file.suite,
            compressor=file.compressor,
            platforms={
                Platform.parse(name): tuple(map(_package, packages))
                for name, packages in file.platforms.items()
            },
            digest=Digest.of(data),
            closures=file.closures,
        )
    except TableError as error:
        raise DefinitionError(origin, error.faults) from error
    except (DocumentError, ValueError) as error:
        raise DefinitionError(origin, [Fault("", str(error))]) from error


def _package(locked: Locked) -> Package:
    return Package(
        name=locked.name,
        version=locked.version,
        architecture=locked.architecture,
        archive=locked.archive,
        path=locked.path,
        size=locked.size,
        sha256=locked.sha256.digest,
    )


def require_compressor(lock: Lock, origin: str) -> None:
    """Refuse to build with another compressor than the lock names; raises `DefinitionError`."""
    if lock.compressor != compressor():
        was, now = lock.compressor, compressor()
        fault = Fault(
            "compressor",
            f"locked with {was.name} {was.version} at level {was.level};"
            f" here is {now.name} {now.version} at level {now.level}",
            f"install the locked development requirements, or {RELOCK}",
        )
        raise DefinitionError(origin, [fault])


def document(
    suite: str,
    platforms: Mapping[Platform, tuple[Package, ...]],
    closures: Mapping[str, Closure] | None = None,
) -> bytes:
    """The lock file's bytes."""
    now = compressor()
    table: dict[str, canonical.Json] = {
        "schema": 2 if closures else 1,
        "suite": suite,
        "compressor": {"name": now.name, "version": now.version, "level": now.level},
        "platforms": {
            str(platform): [_row(package) for package in sorted(packages, key=_by_name)]
            for platform, packages in platforms.items()
        },
    }
    if closures:
        table["closures"] = {name: _closure(closure) for name, closure in closures.items()}
    return canonical.document(table)


def _closure(closure: Closure) -> canonical.Json:
    return {
        "packages": closure.packages,
        "without": closure.without,
        "resolved": closure.resolved,
    }


def _by_name(package: Package) -> str:
    return package.name


def _row(package: Package) -> canonical.Json:
    return {
        "name": package.name,
        "version": package.version,
        "architecture": package.architecture,
        "archive": package.archive,
        "path": package.path,
        "size": package.size,
        "sha256": package.sha256.hex,
    }
