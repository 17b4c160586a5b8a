"""The lock of the Debian packages: for each platform name, version, place in the pool, digest.

It never names a host. Resolving writes it (`debian.resolve`); a build reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workflow_containers.errors import DefinitionError
from workflow_containers.layers import compress
from workflow_containers.platform import Platform
from workflow_sbom import canonical, tables
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError, Fault, TableError

Archive = Literal["debian", "debian-security"]
_POOL = re.compile(r"pool/(?:[A-Za-z0-9][A-Za-z0-9.+~:%_-]*/)*[A-Za-z0-9][A-Za-z0-9.+~:%_-]*\.deb")
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
class _File:
    """A lock file."""

    schema: int
    suite: str
    compressor: Compressor
    platforms: Mapping[str, tuple[Locked, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The packages of a Debian suite by platform, and the compressor that layers are made with."""

    suite: str
    compressor: Compressor
    platforms: Mapping[Platform, tuple[Package, ...]]
    digest: Digest

    def select(
        self, platform: Platform, names: tuple[str, ...], origin: str
    ) -> tuple[Package, ...]:
        """The named packages in the order of their names; raises `DefinitionError`."""
        known = {package.name: package for package in self.platforms.get(platform, ())}
        faults = [
            Fault(
                "packages", f"{name!r} is not locked for {platform}", "run workflow-containers lock"
            )
            for name in names
            if name not in known
        ]
        if faults:
            raise DefinitionError(origin, faults)
        return tuple(known[name] for name in sorted(names))


def compressor() -> Compressor:
    """The compressor of this process."""
    return Compressor(name="zlib-ng", version=compress.VERSION, level=compress.LEVEL)


def load(path: Path) -> Lock:
    """Read a lock file; raises `DefinitionError` with every fault in it."""
    try:
        data = path.read_bytes()
        file = tables.read(_File, canonical.decode(data))
        return Lock(
            suite=file.suite,
            compressor=file.compressor,
            platforms={
                Platform.parse(name): tuple(map(_package, packages))
                for name, packages in file.platforms.items()
            },
            digest=Digest.of(data),
        )
    except FileNotFoundError:
        fault = Fault("", "no such lock", "run workflow-containers lock")
        raise DefinitionError(str(path), [fault]) from None
    except TableError as error:
        raise DefinitionError(str(path), error.faults) from error
    except (DocumentError, OSError, ValueError) as error:
        raise DefinitionError(str(path), [Fault("", str(error))]) from error


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
            "install the locked development requirements, or run workflow-containers lock",
        )
        raise DefinitionError(origin, [fault])


def document(suite: str, platforms: Mapping[Platform, tuple[Package, ...]]) -> bytes:
    """The lock file's bytes."""
    now = compressor()
    return canonical.document(
        {
            "schema": 1,
            "suite": suite,
            "compressor": {"name": now.name, "version": now.version, "level": now.level},
            "platforms": {
                str(platform): [_row(package) for package in sorted(packages, key=_by_name)]
                for platform, packages in platforms.items()
            },
        }
    )


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
