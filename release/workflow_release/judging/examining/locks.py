"""What in a lock is not pinned by a hash. Pure; the lock's kind is told by its file name."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from workflow_containers.errors import DefinitionError
from workflow_containers.python import locks
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError, TableError
from workflow_sbom.python import requirements

_NPM_LOCKS = frozenset({"package-lock.json", "npm-shrinkwrap.json"})
_STRONG = ("sha512-", "sha384-", "sha256-")
_GO_SUM = re.compile(r"\S+ v\S+ h1:[A-Za-z0-9+/]{43}=")
_REGISTRY = re.compile(r"https://")
_HEX = re.compile(r"[0-9a-f]{64}")


def unlocked(name: str, data: bytes) -> tuple[str, ...]:
    """What a lock leaves open, a sentence each; an unknown kind of lock leaves everything open."""
    file = PurePosixPath(name).name
    try:
        if file in _NPM_LOCKS:
            return tuple(_npm(canonical.decode(data)))
        if file == "go.sum":
            return tuple(_go(data.decode()))
        if file.endswith(".lock.json"):
            return tuple(_packages(canonical.decode(data)))
        if locks.kind(file) != "requirements":
            locks.check(file, data)
            return ()
        if file.endswith(".txt"):
            requirements.parse(data)
            return ()
    except (TableError, DefinitionError) as error:
        return tuple(map(str, error.faults))
    except (DocumentError, UnicodeDecodeError) as error:
        return (f"it can't be read: {error}",)
    return ("it is no kind of lock that is known here",)


def _npm(lock: Any) -> Iterator[str]:
    """Every package of a `package-lock.json` (lockfileVersion 2 or 3) but the project's own."""
    packages = lock.get("packages") if isinstance(lock, dict) else None
    if not isinstance(packages, dict) or "" not in packages:
        yield "it has no table of packages: make it with npm 7 or later"
        return
    for path, entry in sorted(packages.items()):
        if path and (fault := _npm_fault(path, entry)):
            yield f"{path[:200]}: {fault}"


def _npm_fault(path: str, entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return "no table"
    resolved = entry.get("resolved", "")
    if entry.get("link") is True:
        return None if _inside(resolved) else f"a link out of the project, to {resolved!r}"
    if not path.startswith("node_modules/") and "/node_modules/" not in path:
        return None  # a workspace's own folder
    if entry.get("inBundle") is True:
        return None  # inside its parent's tarball, which has a hash
    if resolved and not (isinstance(resolved, str) and _REGISTRY.match(resolved)):
        return f"it comes from {resolved!r}, not from a registry"
    return None if _integrity(entry.get("integrity")) else "no integrity by SHA-256 or stronger"


def _inside(path: Any) -> bool:
    pure = PurePosixPath(path) if isinstance(path, str) else PurePosixPath("/")
    return not pure.is_absolute() and ".." not in pure.parts and ":" not in str(path)


def _integrity(value: Any) -> bool:
    words = value.split() if isinstance(value, str) else []
    return any(word.startswith(_STRONG) and _is_base64(word.partition("-")[2]) for word in words)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text.partition("?")[0], validate=True))
    except (binascii.Error, ValueError):
        return False


def _go(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line and not _GO_SUM.fullmatch(line):
            yield f"line {number} is no module, version and h1: hash"


def _packages(lock: Any) -> Iterator[str]:
    """An image's lock of Debian packages: each has a SHA-256 digest."""
    platforms = lock.get("platforms") if isinstance(lock, dict) else None
    if not isinstance(platforms, dict) or not platforms:
        yield "it has no table of platforms"
        return
    for platform, packages in sorted(platforms.items()):
        yield from _debian(platform, packages if isinstance(packages, list) else [None])


def _debian(platform: str, packages: Iterable[Any]) -> Iterator[str]:
    for at, package in enumerate(packages):
        digest = package.get("sha256") if isinstance(package, dict) else None
        if not isinstance(digest, str) or not _HEX.fullmatch(digest):
            yield f"platforms[{platform}][{at}] has no SHA-256 digest"
