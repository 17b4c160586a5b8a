"""Every entry of a web interface's archive: what the bundler wrote and from what, or the commit's.

The bundler's list gives the bytes of each file it wrote. That alone would let it write anything, so
what it says a file was made from must be tracked by the commit, or lie in a package of the lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import assert_never

from workflow_sbom import canonical
from workflow_sbom.archives.entry import Entry
from workflow_sbom.archives.reading import read_tar
from workflow_sbom.coverage.ledger import Explanation, Generated, Ledger, Line, Owned, Unexplained
from workflow_sbom.coverage.origin import Explaining, Origin
from workflow_sbom.digest import Digest
from workflow_sbom.javascript import bundle, npmlock
from workflow_sbom.javascript.bundle import VIRTUAL, Shipped, package_of

VERSION = "version.json made again from the version"
FOLDER = "a folder of files"
LIST = "the bundler's list of what it wrote"
BUNDLER = "the build of {owner}"

_TOP = "dist"
_PUBLIC = "public/"
_NOWHERE = "neither the bundler's list nor the commit has it"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceOrigin:
    """What an interface was made from: the commit's files, the lock, and the bundler's list.

    `version` is the one in `dist/version.json`, which a release puts there.
    """

    origin: Origin
    lock: bytes
    modules: bytes | None
    version: str


def version_file(version: str) -> bytes:
    """The bytes of `dist/version.json`."""
    return canonical.document({"version": version})


def cover_interface(path: Path, source: InterfaceOrigin, *, name: str | None = None) -> Ledger:
    """What explains each entry of an archived interface; `name` is its file name if not the path's.

    Without the bundler's list only what the commit tracks is explained. Raises `DocumentError`,
    `TableError` for a malformed lock or list, `InventoryError` for what is no archive.
    """
    name = name or path.name
    contents = read_tar(path, lambda _: False)
    files = [each.path for each in contents.entries if each.kind == "file"]
    folders = frozenset(str(parent) for file in files for parent in PurePosixPath(file).parents)
    interface = _Interface.of(source)
    return Ledger.of(
        name, (Line(each, interface.explain(each, folders)) for each in contents.entries)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interface:
    """What is known of a build: per file its digest and its origins; the packages of the lock."""

    source: InterfaceOrigin
    explaining: Explaining
    written: Mapping[str, str]
    origins: Mapping[str, tuple[str, ...]]
    packages: frozenset[str]

    @classmethod
    def of(cls, source: InterfaceOrigin) -> _Interface:
        shipped = bundle.parse(source.modules) if source.modules is not None else None
        return cls(
            source=source,
            explaining=Explaining(source.origin),
            written={each.file: each.sha256 for each in shipped.written} if shipped else {},
            origins=_origins(shipped) if shipped else {},
            packages=frozenset(npmlock.parse(source.lock).packages),
        )

    def explain(self, entry: Entry, folders: frozenset[str]) -> Explanation:
        top, _, below = entry.path.partition("/")
        if top != _TOP:
            return Unexplained(f"outside {_TOP}/")
        match entry.kind:
            case "directory":
                held = entry.path in folders
                return Generated(FOLDER) if held else Unexplained("a folder that holds no file")
            case "symlink" | "hardlink" | "device" | "fifo":
                return Unexplained(f"a {entry.kind}; an interface holds files and folders only")
            case "file":
                return self._file(entry, below)
            case _:
                assert_never(entry.kind)

    def _file(self, entry: Entry, file: str) -> Explanation:
        if file in self.written:
            return self._bundled(entry, file)
        if file == "version.json":
            return self._version(entry)
        found = self.explaining.file(entry, f"{_PUBLIC}{file}", exact=True)
        if isinstance(found, Unexplained) and f"{_PUBLIC}{file}" not in self.source.origin.files:
            return Unexplained(_NOWHERE)
        return found

    def _bundled(self, entry: Entry, file: str) -> Explanation:
        if entry.digest is None or entry.digest.hex != self.written[file]:
            return Unexplained("differs from what the bundler wrote")
        if not self.origins.get(file):
            return Unexplained("the bundler does not say what it was made from")
        for origin in self.origins[file]:
            if fault := self._unknown(origin):
                return Unexplained(fault)
        return Owned(BUNDLER.format(owner=self.source.origin.owner), LIST)

    def _version(self, entry: Entry) -> Explanation:
        made = Digest.of(version_file(self.source.version))
        right = entry.digest == made
        return Generated(VERSION) if right else Unexplained("states another version, or more")

    def _unknown(self, origin: str) -> str | None:
        """What is wrong with a module or file that something was made from.

        The bundler's own modules have no file; the bill of materials says which package's they are.
        """
        folder = package_of(origin)
        if folder is not None and not origin.startswith(VIRTUAL):
            there = folder in self.packages
            return None if there else f"made from {folder[:120]!a}, which the lock has not"
        if origin.startswith(VIRTUAL) or origin in self.source.origin.files:
            return None
        return f"made from {origin[:120]!a}, which the commit has not"


def _origins(shipped: Shipped) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for origin, file in shipped.origins():
        found[file].append(origin)
    return {file: tuple(origins) for file, origins in found.items()}
