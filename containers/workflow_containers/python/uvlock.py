"""`uv.lock` (version 1) as a document; `uvclosure` reads it for a target.

uv has no specification of it but keeps to a promise: within a version, a later revision adds only
what a reader may pass over. Of an address nothing but the file's name is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

from workflow_containers.errors import DefinitionError
from workflow_containers.python.requirements import Target
from workflow_sbom import tables
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault, TableError
from workflow_sbom.tables import described

_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_WORD = r"[!-~]{1,200}"
OWN = ("editable", "virtual", "directory")
_SOURCES = ("registry", *OWN, "git", "url", "path")


@dataclass(frozen=True, slots=True)
class Condition:
    """An environment marker (PEP 508)."""

    marker: Marker

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read it; raises `ValueError`."""
        return cls(Marker(text))

    def holds(self, target: Target) -> bool:
        """Whether it is so on the target."""
        return self.marker.evaluate(dict(target.markers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """What a package asks for; version and source where the lock has several of the name."""

    name: str = described("Its name", pattern=_NAME)
    version: str | None = described("Its version", default=None, pattern=_WORD)
    source: Mapping[str, str] | None = None
    extra: tuple[str, ...] = ()
    marker: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel by the last part of its address, and its digest."""

    url: str | None = None
    path: str | None = None
    filename: str | None = None
    hash: Digest

    @property
    def file(self) -> str:
        """The file's name."""
        return self.filename or unquote(urlsplit(self.url or self.path or "").path).split("/")[-1]

    def tags_of(self, package: Package) -> frozenset[Tag]:
        """What it runs on; raises `ValueError` for a name that is not of the package's wheel."""
        name, version, _, tags = parse_wheel_filename(self.file)
        if (name, str(version)) != (package.name, package.version):
            raise ValueError(f"{self.file[:120]!r} is no wheel of it")
        return tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package, for some platforms perhaps: `resolution_markers` are any of theirs."""

    name: str = described("Its name", pattern=_NAME)
    version: str | None = described("Its version", default=None, pattern=_WORD)
    source: Mapping[str, str]
    resolution_markers: tuple[Condition, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    optional_dependencies: Mapping[str, tuple[Dependency, ...]] = field(default_factory=dict)
    dev_dependencies: Mapping[str, tuple[Dependency, ...]] = field(default_factory=dict)
    wheels: tuple[Wheel, ...] = ()

    @property
    def kind(self) -> str:
        """Where it comes from: `registry`, `editable`, `git` …"""
        return next((each for each in _SOURCES if each in self.source), "of an unknown kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The whole document, as far as it is read."""

    version: int
    requires_python: str
    resolution_markers: tuple[Condition, ...] = ()
    supported_markers: tuple[Condition, ...] = ()
    package: tuple[Package, ...] = ()

    def __post_init__(self) -> None:
        if self.version != 1:
            raise ValueError(f"version {self.version}; version 1 is read")
        SpecifierSet(self.requires_python)


_DEPENDENCY = ("name", "version", "source", "extra", "marker")
_WHEEL = ("url", "path", "filename", "hash")
_LISTS = ("dependencies", "wheels")
_GROUPS = ("optional-dependencies", "dev-dependencies")
_PACKAGE = ("name", "version", "source", "resolution-markers", *_LISTS, *_GROUPS)
_LOCK = ("version", "requires-python", "resolution-markers", "supported-markers", "package")


def parse(table: Mapping[str, Any], origin: str) -> Lock:
    """Read the document; raises `DefinitionError` with every fault in it."""
    if table.get("conflicts"):
        fault = Fault("conflicts", "extras that exclude each other", "export a pylock.toml instead")
        raise DefinitionError(origin, [fault])
    try:
        return tables.read(Lock, _known(table))
    except TableError as error:
        raise DefinitionError(origin, error.faults) from error


def _known(table: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what no reader must know; anything of another shape stays to be told."""
    kept: dict[str, Any] = _only(table, _LOCK)
    if isinstance(packages := kept.get("package"), list):
        kept["package"] = [_known_package(package) for package in packages]
    return kept


def _known_package(package: Any) -> Any:
    kept = _only(package, _PACKAGE)
    if not isinstance(kept, dict):
        return kept
    for key, names in (("dependencies", _DEPENDENCY), ("wheels", _WHEEL)):
        if key in kept:
            kept[key] = _each(kept[key], names)
    for key in _GROUPS:
        if isinstance(groups := kept.get(key), dict):
            kept[key] = {name: _each(group, _DEPENDENCY) for name, group in groups.items()}
    return kept


def _each(rows: Any, names: Iterable[str]) -> Any:
    return [_only(row, names) for row in rows] if isinstance(rows, list) else rows


def _only(table: Any, names: Iterable[str]) -> Any:
    return (
        {name: table[name] for name in names if name in table}
        if isinstance(table, Mapping)
        else table
    )
