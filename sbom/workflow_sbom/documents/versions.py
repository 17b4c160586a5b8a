"""Which of two versions is the later one, by the order of its ecosystem; or that nobody can say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal

from packaging.version import Version

Step = Literal["upgraded", "downgraded", "changed"]

_LONGEST = 200
_NUMBER = r"(0|[1-9][0-9]*)"
_LABEL = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_LABEL}(?:\.{_LABEL})*))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)


def step(ecosystem: str | None, old: str, new: str) -> Step:
    """How a package came from one version to another; `ecosystem` is its package URL's type.

    PEP 440 orders `pypi`, SemVer 2.0 `npm`, `golang` and `cargo`, Debian policy `deb`. Elsewhere,
    and where a version is none of that kind or only spelt differently, it is simply changed.
    """
    compare = _COMPARE.get(ecosystem or "")
    if compare is None or max(len(old), len(new)) > _LONGEST:
        return "changed"
    try:
        order = compare(old, new)
    except ValueError:
        return "changed"
    return "changed" if order == 0 else "upgraded" if order < 0 else "downgraded"


def _pep440(old: str, new: str) -> int:
    one, other = Version(old), Version(new)
    return (one > other) - (one < other)


def _semver(old: str, new: str) -> int:
    one, other = _precedence(old), _precedence(new)
    return (one > other) - (one < other)


def _precedence(text: str) -> tuple[tuple[int, ...], bool, list[tuple[bool, int, str]]]:
    """A key that orders as SemVer 2.0, section 11, does; raises `ValueError`."""
    found = _SEMVER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no SemVer version")
    labels = (found[4] or "").split(".") if found[4] else []
    numbers = tuple(int(found[at]) for at in (1, 2, 3))
    return numbers, not labels, [_label(each) for each in labels]


def _label(text: str) -> tuple[bool, int, str]:
    """Numbers come before words."""
    return (False, int(text), "") if text.isdigit() else (True, 0, text)


def _debian(old: str, new: str) -> int:
    from debian.debian_support import NativeVersion

    one, other = NativeVersion(old), NativeVersion(new)
    return (one > other) - (one < other)


_COMPARE: Mapping[str, Callable[[str, str], int]] = {
    "pypi": _pep440,
    "npm": _semver,
    "golang": _semver,
    "cargo": _semver,
    "deb": _debian,
}
