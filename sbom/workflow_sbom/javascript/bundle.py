"""The list of what a bundler shipped: the format is laid down in this package's README.

Names from outside are checked here: an id never leaves the project's folder.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from workflow_sbom import canonical, tables
from workflow_sbom.digest import Digest
from workflow_sbom.errors import Fault, TableError

MAX_BYTES = 32 << 20
VIRTUAL = "\0"

_MODULES = "node_modules"
_LONGEST_PATH = 4096
_FORMATS = (1, 2)

# How the ids of the bundler's own modules start, and the package whose code each holds.
_RUNTIME = (
    ("vite/", "vite"),
    ("__vite-", "vite"),
    ("rolldown/", "rolldown"),
    ("rolldown:", "rolldown"),
    ("commonjsHelpers.js", "vite"),
    ("@oxc-project+runtime@", "rolldown"),
    ("plugin-vue/", "@vitejs/plugin-vue"),
    ("plugin-vue:", "@vitejs/plugin-vue"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module that left something in a chunk: its id, the file it is in, and its bytes there.

    `notices` are licence comments in it that speak of another package than its own.
    """

    id: str
    file: str
    bytes: int
    notices: tuple[str, ...] = ()

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
class Written:
    """A file that the bundler wrote, and the SHA-256 of its bytes."""

    file: str
    sha256: str

    def __post_init__(self) -> None:
        _check_paths(self.file)
        Digest(self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever a `package.json` names as its author."""

    name: str = ""
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFacts:
    """What an installed package says of itself; `path` is its folder.

    `copyright` are the lines of its licence file that say whose it is.
    """

    path: str
    name: str
    version: str
    licence: str | None = None
    description: str | None = None
    author: Person | None = None
    homepage: str | None = None
    repository: str | None = None
    issues: str | None = None
    copyright: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_paths(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What a bundle is made of, module by module and file by file.

    `written` (the digests of all files) and `packages` are there since format 2.
    """

    format: int
    modules: tuple[Module, ...]
    assets: tuple[Asset, ...]
    written: tuple[Written, ...] = ()
    packages: tuple[PackageFacts, ...] = ()

    def __post_init__(self) -> None:
        if self.format not in _FORMATS:
            known = ", ".join(map(str, _FORMATS))
            raise TableError([Fault("format", f"{self.format} is not known", f"known: {known}")])
        for key, names in (
            ("assets", [each.file for each in self.assets]),
            ("written", [each.file for each in self.written]),
            ("packages", [each.path for each in self.packages]),
        ):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise TableError([Fault(key, f"{twice[0][:120]!a} stands twice")])

    def folders(self) -> frozenset[str]:
        """The folder of every package that something comes from."""
        return frozenset(self.places())

    def places(self) -> Mapping[str, frozenset[str]]:
        """The folder of every package that something comes from, and the files it is in."""
        places: dict[str, set[str]] = defaultdict(set)
        for source, file in self.origins():
            if folder := package_of(source):
                places[folder].add(file)
        return {folder: frozenset(files) for folder, files in places.items()}

    def imported(self) -> frozenset[str]:
        """Those that have a module or file of their own in it, not the bundler's runtime alone."""
        real = (
            each for each, _ in self.origins() if _MODULES in each.removeprefix(VIRTUAL).split("/")
        )
        return frozenset(each for each in map(package_of, real) if each)

    def runtime(self) -> Mapping[str, tuple[str, ...]]:
        """The bundler's own modules in it, by the folder of the package they are from."""
        found: dict[str, set[str]] = defaultdict(set)
        for source, _ in self.origins():
            folder = package_of(source) if source.startswith(VIRTUAL) else None
            if folder and _MODULES not in source.removeprefix(VIRTUAL).split("/"):
                found[folder].add(source.removeprefix(VIRTUAL))
        return {folder: tuple(sorted(ids)) for folder, ids in found.items()}

    def unowned(self, known: Collection[str]) -> tuple[str, ...]:
        """The bundler's own modules whose package can't be told, or is none of the known ones."""
        runtime = {each for each, _ in self.origins() if each.startswith(VIRTUAL)}
        return tuple(sorted(each for each in runtime if package_of(each) not in known))

    def notices(self) -> Mapping[str, tuple[str, ...]]:
        """Licence comments that name others, by the folder of the package they were found in."""
        found: dict[str, set[str]] = defaultdict(set)
        for module in self.modules:
            if module.notices and (folder := package_of(module.id)):
                found[folder].update(module.notices)
        return {folder: tuple(sorted(texts)) for folder, texts in found.items()}

    def files(self) -> frozenset[str]:
        """The files under `dist/` that the list speaks of."""
        named = {module.file for module in self.modules} | {asset.file for asset in self.assets}
        return frozenset(named | {written.file for written in self.written})

    def origins(self) -> Iterator[tuple[str, str]]:
        """Every module or source, with the file under `dist/` that it is in."""
        for module in self.modules:
            yield module.id, module.file
        for asset in self.assets:
            for source in asset.sources:
                yield source, asset.file


def parse(data: bytes) -> Shipped:
    """Read the list; raises `DocumentError`, or `TableError` with all faults."""
    return tables.read(Shipped, canonical.decode(data, limit=MAX_BYTES))


def package_of(source: str) -> str | None:
    """The folder of the package that a module or file is from; None for the project's own."""
    name = source.removeprefix(VIRTUAL)
    parts = name.split("/")
    if _MODULES in parts[:-1]:
        at = len(parts) - parts[::-1].index(_MODULES)
        length = 2 if parts[at].startswith("@") else 1
        return "/".join(parts[: at + length])
    if source == name:
        return None
    owners = (owner for start, owner in _RUNTIME if name.startswith(start))
    return next((f"{_MODULES}/{owner}" for owner in owners), None)


def _check_paths(*paths: str) -> None:
    for path in paths:
        if not path or path.startswith("/") or ".." in path.split("/") or not path.isprintable():
            raise ValueError(f"{path[:80]!r} is no path inside the project")
        if len(path) > _LONGEST_PATH:
            raise ValueError(f"{path[:80]!r}… is longer than {_LONGEST_PATH} characters")
