"""`package-lock.json` (lockfileVersion 3) as values.

Read by ourselves, for npm leaves `resolved` out of a lock that names no host, and tools that need
it then drop the hashes too. `resolved` is never read: it can leak the name of a mirror.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.errors import Fault, TableError
from workflow_sbom.model.parts import Algorithm, Hash

_NAME = re.compile(r"(?:@[a-z0-9~_.-]+/)?[a-z0-9~_.-]+", re.ASCII | re.IGNORECASE)
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,256}", re.ASCII)
_ALGORITHMS: dict[str, tuple[Algorithm, int]] = {
    "sha512": ("SHA-512", 64),
    "sha384": ("SHA-384", 48),
    "sha256": ("SHA-256", 32),
    "sha1": ("SHA-1", 20),
}
MODULES = "node_modules/"
MAX_PACKAGES = 100_000
MAX_NEEDS = 1_000_000
_LONGEST_PATH = 2048
_DEEPEST_PATH = 100
_PLATFORM = ("os", "cpu", "libc")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One installed package: `path` is its folder, `needs` the names it asks for.

    Optional and peer needs may be missing from the lock. `development` packages are only there
    for development; `linked` ones are folders of the project itself. Those `bound` are installed on
    some machines only, for they name an operating system, a processor or a C library.
    """

    path: str
    name: str
    version: str | None = None
    hashes: tuple[Hash, ...] = ()
    licence: str | None = None
    development: bool = False
    linked: bool = False
    bound: bool = False
    needs: tuple[str, ...] = ()
    development_needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NpmLock:
    """Every package of a lock by its folder; the project itself is `""`."""

    packages: Mapping[str, LockedPackage] = field(hash=False)

    @property
    def root(self) -> LockedPackage:
        """The project."""
        return self.packages[""]

    def own(self) -> Iterator[LockedPackage]:
        """The project and the folders of it that are packages themselves (workspaces)."""
        yield from (each for path, each in self.packages.items() if not _is_installed(path))

    def installed(self) -> Iterator[LockedPackage]:
        """Every package from elsewhere, in the order of their folders."""
        for path, package in self.packages.items():
            if _is_installed(path) and not package.linked:
                yield package

    def find(self, path: str, name: str) -> LockedPackage | None:
        """The package that `name` means for the package in folder `path`, as Node resolves it."""
        for folder in _upward(path):
            found = self.packages.get(f"{folder}/{MODULES}{name}" if folder else MODULES + name)
            if found is not None:
                return found
        return None

    def needs(self, package: LockedPackage, *, development: bool = False) -> tuple[str, ...]:
        """The folders of the packages a package asks for, as far as they are installed."""
        asked = {*package.needs, *(package.development_needs if development else ())}
        found = (self.find(package.path, name) for name in asked)
        return tuple(sorted({each.path for each in found if each is not None}))


def parse(data: bytes) -> NpmLock:
    """Read a lock; raises `DocumentError`, or `TableError` with all faults."""
    lock = canonical.decode(data)
    entries = lock.get("packages") if isinstance(lock, dict) else None
    if not isinstance(entries, dict) or lock.get("lockfileVersion") != 3 or "" not in entries:
        raise TableError([Fault("lockfileVersion", "no lock of version 3", "use npm 7 or later")])
    if len(entries) > MAX_PACKAGES:
        raise TableError([Fault("packages", f"{len(entries)}; at most {MAX_PACKAGES} are read")])
    faults: list[Fault] = []
    packages: dict[str, LockedPackage] = {}
    for path in sorted(entries):
        try:
            packages[path] = _package(path, entries[path])
        except ValueError as error:
            faults.append(Fault(f"packages[{path[:200]!a}]", str(error)))
    asked = sum(len(each.needs) + len(each.development_needs) for each in packages.values())
    if asked > MAX_NEEDS:
        faults.append(Fault("packages", f"{asked} dependencies; at most {MAX_NEEDS} are read"))
    if faults:
        raise TableError(faults)
    return NpmLock(packages)


def _package(path: str, entry: Any) -> LockedPackage:
    if not isinstance(entry, dict):
        raise ValueError("an object is expected")  # noqa: TRY004 - a fault of the document
    _check_path(path)
    optional = _names(entry, "optionalDependencies")
    asked = {*_names(entry, "dependencies"), *_names(entry, "peerDependencies")}
    return LockedPackage(
        path=path,
        name=_matching(_NAME, entry, "name") or _name_of(path),
        version=_matching(_VERSION, entry, "version"),
        hashes=_hashes(_text(entry, "integrity") or ""),
        licence=entry["license"] if isinstance(entry.get("license"), str) else None,
        development=entry.get("dev") is True,
        linked=entry.get("link") is True,
        bound=any(key in entry for key in _PLATFORM),
        needs=tuple(sorted(asked | set(optional))),
        development_needs=_names(entry, "devDependencies"),
    )


def _is_installed(path: str) -> bool:
    return "node_modules" in path.split("/")


def _check_path(path: str) -> None:
    parts = path.split("/")
    if path and (not path.isprintable() or "\\" in path or {"", ".", ".."} & set(parts)):
        raise ValueError("the path is none inside the project")
    if len(path) > _LONGEST_PATH or len(parts) > _DEEPEST_PATH:
        raise ValueError(f"the path is longer than {_LONGEST_PATH} characters, or too deep")


def _name_of(path: str) -> str:
    """The name a folder stands for: what follows the last `node_modules/`."""
    name = path.rpartition(MODULES)[2] if MODULES in path else path.rpartition("/")[2]
    if path and not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no package name")
    return name


def _text(entry: dict[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"`{key}` is no string")
    return value


def _matching(pattern: re.Pattern[str], entry: dict[str, Any], key: str) -> str | None:
    value = _text(entry, key)
    if value is not None and not pattern.fullmatch(value):
        raise ValueError(f"`{key}` is malformed: {value[:80]!r}")
    return value


def _names(entry: dict[str, Any], key: str) -> tuple[str, ...]:
    table = entry.get(key, {})
    if not isinstance(table, dict):
        raise ValueError(f"`{key}` is no object")  # noqa: TRY004 - a fault of the document
    return tuple(sorted(table))


def _hashes(integrity: str) -> tuple[Hash, ...]:
    """Subresource integrity (`sha512-<base64>`, several split by spaces) in hexadecimal."""
    found = set()
    for item in integrity.split():
        algorithm, _, encoded = item.partition("-")
        if algorithm not in _ALGORITHMS:
            raise ValueError(f"`integrity` names {algorithm[:20]!r}, no known algorithm")
        name, length = _ALGORITHMS[algorithm]
        try:
            raw = base64.b64decode(encoded.partition("?")[0], validate=True)
        except binascii.Error as error:
            raise ValueError("`integrity` is no base64") from error
        if len(raw) != length:
            raise ValueError(f"`integrity` is no {name}: {len(raw)} bytes, not {length}")
        found.add(Hash(name, raw.hex()))
    return tuple(sorted(found))


def _upward(path: str) -> Iterator[str]:
    """The folder and those above it, down to the project's (`""`), as Node looks for modules."""
    parts = path.split("/") if path else []
    for length in range(len(parts), 0, -1):
        if parts[length - 1] != "node_modules":
            yield "/".join(parts[:length])
    yield ""
