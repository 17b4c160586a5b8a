"""The packages and distributions that an image's own records name, and which file is whose.

Reads what scanners read: `dpkg/status` and `status.d` with their lists of files, and the RECORD
of each `*.dist-info`. Records come from outside; one that can't be read owns nothing.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from packaging.utils import canonicalize_name

from workflow_containers.layers.entries import parents
from workflow_sbom.debian import control as debian
from workflow_sbom.errors import InventoryError

MAX_OWNED = 200_000
MAX_FOLDERS = 16 << 20  # characters in all
_DPKG = "var/lib/dpkg/"
RECORDS = re.compile(
    rf"{_DPKG}(status|status\.d/[^/]+|info/[^/]+\.list)|(.*/)?[^/]+\.dist-info/(METADATA|RECORD)"
)
_CACHED = re.compile(r"(.*/)?__pycache__/([^/]+?)\.[a-z]+-[0-9]+(\.opt-[0-9])?\.pyc")
_DOCUMENTED = re.compile(r"usr/share/doc/([^/]+)(/.*)?")
_MERGED = ("bin/", "sbin/", "lib/", "lib64/")
_FIELD = re.compile(r"(?m)^(Name|Version): *(\S+) *$")


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A Debian package or a Python distribution, whatever its version."""

    kind: Literal["package", "wheel"]
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


_NOBODY = Package("package", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """Versions by package, the owner of each path that a record names, and of its folders."""

    versions: Mapping[Package, str]
    owners: Mapping[str, Package]
    folders: Mapping[str, Package | None]

    def owner(self, path: str, target: str = "") -> Package | None:
        """Whose a path is: by record; else bytecode is its source's, a link its `target`'s.

        A folder is whose all recorded files below it are.
        """
        if (found := self.owners.get(path) or self.folders.get(path)) is not None:
            return found
        if cached := _CACHED.fullmatch(path):
            return self.owners.get(f"{cached[1] or ''}{cached[2]}.py")
        named = _DOCUMENTED.fullmatch(path)
        if named and (package := Package("package", named[1])) in self.versions:
            return package
        return self.owners.get(posixpath.join(posixpath.dirname(path), target)) if target else None


def read(records: Mapping[str, bytes]) -> Software:
    """What the records (by path, those that match `RECORDS`) say, as much as is kept."""
    versions: dict[Package, str] = {}
    owners: dict[str, Package] = {}
    for path, data in sorted(records.items()):
        folder, _, name = path.rpartition("/")
        owned: Iterator[tuple[str, Package]] = iter(())
        if path.startswith(_DPKG):
            versions.update(_packages(name, data))
            owned = _listed(path, name, data)
        elif name == "METADATA" and (wheel := _wheel(data)) is not None:
            versions[wheel[0]] = wheel[1]
            owned = _recorded(folder, records.get(f"{folder}/RECORD", b""), wheel[0])
        owners.update(islice(owned, max(0, MAX_OWNED - len(owners))))
    return Software(versions=versions, owners=owners, folders=_folders(owners))


def _folders(owners: Mapping[str, Package]) -> Mapping[str, Package | None]:
    """Who owns all that is recorded below a folder; None where there are several."""
    found: dict[str, Package | None] = {}
    left = MAX_FOLDERS
    for path, package in owners.items():
        for folder in parents(path):
            known = found.get(folder, _NOBODY)
            if known in {package, None} or left < 0:
                break  # and so it is for the folders above
            left -= len(folder)
            found[folder] = package if known is _NOBODY else None
    return found


def _packages(name: str, data: bytes) -> Iterator[tuple[Package, str]]:
    if name.endswith((".md5sums", ".list")):
        return
    try:
        for control in debian.paragraphs(data):
            if package := control.get("package"):
                yield Package("package", package), control.get("version", "")
    except InventoryError:
        return


def _listed(path: str, name: str, data: bytes) -> Iterator[tuple[str, Package]]:
    """A package's own record, and the files that its list names."""
    stem = name.removesuffix(".md5sums").removesuffix(".list")
    if name == "status":
        return
    package = Package("package", stem.partition(":")[0])
    yield path, package
    if stem == name:
        return
    for line in data.decode(errors="replace").splitlines():
        listed = line.partition("  ")[2] if name.endswith(".md5sums") else line
        listed = listed.lstrip("/")
        yield listed, package
        if listed.startswith(_MERGED):
            yield f"usr/{listed}", package


def _wheel(data: bytes) -> tuple[Package, str] | None:
    head = data.partition(b"\n\n")[0].decode(errors="replace")
    found = dict(reversed(_FIELD.findall(head)))
    if len(found) != len(("Name", "Version")):
        return None
    return Package("wheel", canonicalize_name(found["Name"])), found["Version"]


def _recorded(folder: str, record: bytes, wheel: Package) -> Iterator[tuple[str, Package]]:
    base = posixpath.dirname(folder)
    try:
        for row in csv.reader(io.StringIO(record.decode(errors="replace"), newline="")):
            if row:
                yield posixpath.normpath(posixpath.join(base, row[0])), wheel
    except csv.Error:
        return
