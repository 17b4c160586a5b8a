"""Image definitions: one small TOML file an image, read into frozen values.

Paths of files are relative to the repository's root; paths in the image are absolute.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from packaging.utils import canonicalize_name

from workflow_containers import architecture
from workflow_containers.errors import DefinitionError, PlatformError
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.smoke import Smoke
from workflow_sbom.errors import Fault, TableError
from workflow_sbom.tables import described, read

_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._@+-]+"
_INSIDE = rf"(?:/{_PART})+"
_RELATIVE = rf"{_PART}(?:/{_PART})*"
_NAME = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_PACKAGE = r"[a-z0-9][a-z0-9+.-]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A distribution of this repository whose wheel goes into the image."""

    name: str = described("The distribution's name", pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*")
    project: str = described("The folder with its pyproject.toml", pattern=r"\.|" + _RELATIVE)
    extras: tuple[str, ...] = described("Its extras whose requirements are locked", default=())
    groups: tuple[str, ...] = described(
        "Its dependency groups that are locked", default=(), pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A web interface of this repository: the `dist/` of its archive goes to `path`."""

    name: str = described("The bundle's name", pattern=_NAME)
    path: str = described("The folder in the image that receives it", pattern=_INSIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A file of the repository that goes into the image as it is."""

    source: str = described("The file, from the repository's root", pattern=_RELATIVE)
    path: str = described("Its path in the image", pattern=_INSIDE)
    mode: Literal["0644", "0755"] = described("Its mode", default="0644")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A command that tells whether the container is well (Docker reads it; OCI has no field)."""

    command: tuple[str, ...] = described("The program and its arguments")
    interval: int = described("Seconds between checks", default=30)
    timeout: int = described("Seconds until a check has failed", default=3)
    start_period: int = described("Seconds in which failures do not count", default=5)
    retries: int = described("Failures in a row that make it unhealthy", default=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debian:
    """The ground of an image that is assembled from locked packages of a Debian suite."""

    suite: str
    lock: str
    packages: tuple[str, ...]
    closure: bool = False
    without: tuple[str, ...] = ()
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The ground of an image that is put on another one, named by its digest."""

    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """An image: what goes in, for which platforms, and how it is run.

    Its ground is a base, or a suite with its lock and packages; exactly one of the two.
    """

    name: str = described("The image's name", pattern=_NAME)
    base: Reference | None = described("The image it is put on, NAME@sha256:…", default=None)
    suite: str | None = described("The packages' Debian suite", default=None, pattern=r"[a-z]+")
    python: str = described("The Python version of its ground", pattern=r"3\.[0-9]{1,2}")
    lock: str | None = described("The lock of the Debian packages", default=None, pattern=_RELATIVE)
    packages: tuple[str, ...] = described(
        "The Debian packages: every one, or with closure those to begin with",
        default=(),
        pattern=_PACKAGE,
    )
    closure: bool = described("Whether what the packages depend on is locked too", default=False)
    without: tuple[str, ...] = described(
        "Packages the closure is cut at: taken as there, and left out", default=(), pattern=_PACKAGE
    )
    exclude: tuple[str, ...] = described("Files of packages left out (globs)", default=())
    requirements: str | None = described(
        "The lock of the wheels from elsewhere: requirements with hashes, pylock.toml or uv.lock",
        default=None,
        pattern=_RELATIVE,
    )
    wheels: tuple[Member, ...] = described("Distributions of this repository", default=())
    bundles: tuple[Bundle, ...] = described("Web interfaces of this repository", default=())
    files: tuple[Copied, ...] = described("Files of this repository", default=())
    platforms: tuple[Platform, ...] = described("What it runs on", default=architecture.ALL)
    entrypoint: tuple[str, ...] = described("The program and its first arguments")
    cmd: tuple[str, ...] = described("Further arguments, which a caller may replace", default=())
    user: int = described("The number of the user and group it runs as", default=65532)
    workdir: str = described("The working folder", default="/", pattern=r"/|" + _INSIDE)
    ports: tuple[int, ...] = described("TCP ports it listens on", default=())
    env: Mapping[str, str] = field(default_factory=dict, metadata={"doc": "Its environment"})
    labels: Mapping[str, str] = field(default_factory=dict, metadata={"doc": "Its labels"})
    health: Health | None = described("The health check", default=None)
    smoke: Smoke | None = described("How it is tried under an engine", default=None)

    def __post_init__(self) -> None:
        faults = [
            *_grounds(self),
            *_duplicates(self),
            *_ranges(self),
            *_platforms(self),
            *_cuts(self),
        ]
        if faults:
            raise TableError(faults)

    @property
    def ground(self) -> Debian | Base:
        """What the wheels and the application are put on."""
        if self.base is not None:
            return Base(reference=self.base)
        return Debian(
            suite=self.suite or "",
            lock=self.lock or "",
            packages=self.packages,
            closure=self.closure,
            without=self.without,
            exclude=self.exclude,
        )

    def inputs(self, root: Path) -> tuple[Path, ...]:
        """The files of the repository that a build of the image reads, the definition apart."""
        locks = filter(None, (self.lock, self.requirements))
        named = [*locks, *(copied.source for copied in self.files)]
        return tuple(root / PurePosixPath(name) for name in sorted(set(named)))


def _grounds(definition: Definition) -> list[Fault]:
    """A pinned base alone, or everything that Debian packages take."""
    keys = ("suite", "lock", "packages", "closure", "without", "exclude")
    if definition.base is None:
        faults = [
            Fault(key, "missing", "or name a base")
            for key in ("suite", "lock")
            if getattr(definition, key) is None
        ]
        if not definition.packages:
            faults.append(Fault("packages", "no package, so no interpreter"))
        return faults
    faults = [
        Fault(key, "stands beside a base", "a base, or Debian packages")
        for key in keys
        if getattr(definition, key)
    ]
    if not (definition.requirements or definition.wheels or definition.bundles or definition.files):
        faults.append(Fault("base", "nothing is put on it", "name wheels, bundles or files"))
    if definition.base.digest is None:
        remedy = f"workflow-containers inspect {definition.base} prints it"
        faults.append(Fault("base", f"{definition.base} is pinned to no digest", remedy))
    return faults


def _duplicates(definition: Definition) -> list[Fault]:
    groups = {
        "packages": definition.packages,
        "without": definition.without,
        "wheels": tuple(canonicalize_name(member.name) for member in definition.wheels),
        "bundles": tuple(bundle.name for bundle in definition.bundles),
        "files": tuple(copied.path for copied in definition.files),
        "platforms": tuple(map(str, definition.platforms)),
    }
    return [
        Fault(f"{key}[{at}]", f"{item!r} stands twice")
        for key, items in groups.items()
        for at, item in enumerate(items)
        if item in items[:at]
    ]


def _ranges(definition: Definition) -> list[Fault]:
    faults = [
        Fault(f"ports[{at}]", f"{port} is no port", "1 to 65535")
        for at, port in enumerate(definition.ports)
        if not 0 < port < 1 << 16
    ]
    if not 0 < definition.user < 1 << 31:
        faults.append(Fault("user", f"{definition.user} is no user but root", "65532 for instance"))
    faults += [
        Fault(f"env.{name[:80]}", "no name of an environment variable")
        for name in definition.env
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII)
    ]
    return faults + [
        Fault(key, "no program is named")
        for key, command in (
            ("entrypoint", definition.entrypoint),
            ("health.command", definition.health.command if definition.health else ("",)),
        )
        if not command
    ]


def _platforms(definition: Definition) -> list[Fault]:
    faults = []
    for at, platform in enumerate(definition.platforms):
        try:
            architecture.of(platform)
        except PlatformError as error:
            faults.append(Fault(f"platforms[{at}]", str(error)))
    return faults or ([] if definition.platforms else [Fault("platforms", "none is named")])


def _cuts(definition: Definition) -> list[Fault]:
    if definition.without and not definition.closure:
        return [Fault("without", "nothing is resolved that could be cut", "set closure = true")]
    return [
        Fault(f"without[{at}]", f"{name!r} is in packages, too")
        for at, name in enumerate(definition.without)
        if name in definition.packages
    ]


def load(path: Path) -> Definition:
    """Read a definition; raises `DefinitionError` with every fault in it."""
    try:
        return read(Definition, tomllib.loads(path.read_text(encoding="utf-8")))
    except TableError as error:
        raise DefinitionError(str(path), error.faults) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DefinitionError(str(path), [Fault("", f"can't be read: {error}")]) from error
