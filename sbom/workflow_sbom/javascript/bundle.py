"""The list of what a bundler shipped: the format is laid down in this package's README.

Names from outside are checked here: an id never leaves the project's folder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from workflow_sbom import canonical, tables
from workflow_sbom.errors import Fault, TableError

VIRTUAL = "\0"
_MODULES = "node_modules"

# How the ids of the bundler's own modules start, and the package whose code each holds.
_RUNTIME = (
    ("vite/", "vite"),
    ("rolldown/", "rolldown"),
    ("rolldown:", "rolldown"),
    ("commonjsHelpers.js", "vite"),
    ("@oxc-project+runtime@", "@oxc-project/runtime"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module that left something in a chunk: its id, the file it is in, and its bytes there."""

    id: str
    file: str
    bytes: int

    def __post_init__(self) -> None:
        _check_paths(self.id.removeprefix(VIRTUAL), self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of the output that is no chunk, and the files it was made from."""

    file: str
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_paths(self.file, *self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What a bundle is made of, module by module and file by file."""

    format: int
    modules: tuple[Module, ...]
    assets: tuple[Asset, ...]

    def __post_init__(self) -> None:
        if self.format != 1:
            raise TableError([Fault("format", f"{self.format} is not known", "known: 1")])

    def packages(self) -> frozenset[str]:
        """The folder of every package that something comes from."""
        return frozenset(each for each in map(_package, self._sources()) if each)

    def imported(self) -> frozenset[str]:
        """Those that have a module or file of their own in it, not the bundler's runtime alone."""
        real = (each for each in self._sources() if _MODULES in each.lstrip(VIRTUAL).split("/"))
        return frozenset(each for each in map(_package, real) if each)

    def unowned(self, known: Collection[str]) -> tuple[str, ...]:
        """The bundler's own modules whose package can't be told, or is none of the known ones."""
        runtime = {each for each in self._sources() if each.startswith(VIRTUAL)}
        return tuple(sorted(each for each in runtime if _package(each) not in known))

    def files(self) -> frozenset[str]:
        """The files under `dist/` that the list speaks of."""
        modules = {module.file for module in self.modules}
        return frozenset(modules | {asset.file for asset in self.assets})

    def _sources(self) -> Iterator[str]:
        for module in self.modules:
            yield module.id
        for asset in self.assets:
            yield from asset.sources


def parse(data: bytes) -> Shipped:
    """Read the list; raises `DocumentError`, or `TableError` with all faults."""
    return tables.read(Shipped, canonical.decode(data))


def _package(source: str) -> str | None:
    name = source.removeprefix(VIRTUAL)
    parts = PurePosixPath(name).parts
    if _MODULES in parts:
        at = len(parts) - parts[::-1].index(_MODULES)
        length = 2 if at < len(parts) and parts[at].startswith("@") else 1
        return "/".join(parts[: at + length])
    if source == name:
        return None
    owners = (owner for start, owner in _RUNTIME if name.startswith(start))
    return next((f"{_MODULES}/{owner}" for owner in owners), None)


def _check_paths(*paths: str) -> None:
    for path in paths:
        if not path or path.startswith("/") or ".." in path.split("/") or not path.isprintable():
            raise ValueError(f"{path[:80]!r} is no path inside the project")
