"""Every entry of a source distribution: the commit's file, or made again by a rule.

A source distribution has no list of its own; without the commit nothing explains what is in one.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import assert_never

from workflow_sbom.archives.entry import Entry
from workflow_sbom.archives.reading import read_tar
from workflow_sbom.coverage import metadata
from workflow_sbom.coverage.ledger import Explanation, Generated, Ledger, Line, Unexplained
from workflow_sbom.coverage.origin import Explaining, Origin
from workflow_sbom.errors import InventoryError

METADATA = "core metadata made again from pyproject.toml"
FOLDER = "a folder of files"

_SUFFIX = ".tar.gz"


def cover_sdist(path: Path, origin: Origin, *, name: str | None = None) -> Ledger:
    """What explains each entry of a source distribution (PEP 625).

    `name` is its file name where the path has another. Raises `InventoryError` for what is no
    source distribution, or is one that two readers would read in two ways.
    """
    name = name or path.name
    if not name.endswith(_SUFFIX):
        raise InventoryError(f"{ascii(name)[:200]} is no source distribution; keep its own name")
    root = name.removesuffix(_SUFFIX)
    contents = read_tar(path, f"{root}/PKG-INFO".__eq__)
    if f"{root}/PKG-INFO" not in contents.kept:
        raise InventoryError(f"{name}: no {root}/PKG-INFO; build it again")
    files = [each.path for each in contents.entries if each.kind == "file"]
    folders = frozenset(str(parent) for path in files for parent in PurePosixPath(path).parents)
    sdist = _Sdist(root, contents.kept[f"{root}/PKG-INFO"], folders, origin)
    return Ledger.of(name, (Line(each, sdist.explain(each)) for each in contents.entries))


class _Sdist:
    """A source distribution that was read, and the project it was made from."""

    def __init__(self, root: str, pkg_info: bytes, folders: frozenset[str], origin: Origin) -> None:
        self._root, self._pkg_info, self._folders = root, pkg_info, folders
        self._origin, self._explaining = origin, Explaining(origin)

    def explain(self, entry: Entry) -> Explanation:
        top, _, below = entry.path.partition("/")
        if top != self._root:
            return Unexplained(f"outside {self._root}/")
        match entry.kind:
            case "directory":
                held = entry.path in self._folders
                return Generated(FOLDER) if held else Unexplained("a folder that holds no file")
            case "symlink":
                return self._explaining.link(entry, below)
            case "hardlink" | "device" | "fifo":
                return Unexplained(f"a {entry.kind}; a source distribution holds none")
            case "file":
                return self._file(entry, below)
            case _:
                assert_never(entry.kind)

    def _file(self, entry: Entry, path: str) -> Explanation:
        if path != "PKG-INFO":
            return self._explaining.file(entry, path, exact=True)
        table = metadata.Table.read(self._origin.project, self._origin.readme, self._origin.version)
        fault = metadata.difference(self._pkg_info, table)
        return Generated(METADATA) if fault is None else Unexplained(fault)
