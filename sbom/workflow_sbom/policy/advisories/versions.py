"""The order of versions in each ecosystem.

PyPI: PEP 440; npm, Go, crates.io: SemVer 2.0.0, Go's with a `v` or not; Debian: deb-version(7).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from packaging.version import Version

from workflow_sbom.debian import version
from workflow_sbom.policy.advisories.record import LONGEST_VERSION

Key = Any  # of one ecosystem, ordered among its like
_SEMVER = re.compile(
    r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)
_DEBIAN = re.compile(r"(?:\d+:)?[0-9A-Za-z][0-9A-Za-z.+:~-]*", re.ASCII)
_GO_CANDIDATE = re.compile(r"(?:go|v)?(\d+\.\d+)(?:(\.\d+)|(rc|beta)(\d+))?", re.ASCII)


def order(ecosystem: str) -> Callable[[str], Key] | None:
    """What makes a sort key of a version, or None for an ecosystem whose order is not known.

    The key function raises `ValueError` for a text that is no version there.
    """
    return _ORDERS.get(ecosystem.partition(":")[0])


def _bounded(key: Callable[[str], Key]) -> Callable[[str], Key]:
    def bounded(text: str) -> Key:
        if len(text) > LONGEST_VERSION:
            raise ValueError(f"a version of {len(text)} characters")
        return key(text)

    return bounded


def _semver(text: str) -> Key:
    found = _SEMVER.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is no SemVer version")
    release = int(found[1]), int(found[2]), int(found[3])
    if found[4] is None:
        return release, (1,)
    return release, (0, *map(_part, found[4].split(".")))


def _part(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def _go(text: str) -> Key:
    """SemVer, and what Go calls its own releases: `1.22`, `go1.22.1`, `1.22rc1`."""
    if found := _GO_CANDIDATE.fullmatch(text):
        before = f"-{found[3]}.{found[4]}" if found[3] else ""
        return _semver(f"{found[1]}{found[2] or '.0'}{before}")
    return _semver(text)


def _debian(text: str) -> Key:
    if not _DEBIAN.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no version of Debian")
    return version.order(text)


_ORDERS: dict[str, Callable[[str], Key]] = {
    "PyPI": _bounded(Version),
    "npm": _bounded(_semver),
    "crates.io": _bounded(_semver),
    "Go": _bounded(_go),
    "Debian": _bounded(_debian),
}
