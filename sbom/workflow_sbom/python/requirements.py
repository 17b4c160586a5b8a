"""Hashed requirement files: `name==version ; marker --hash=sha256:…`, and nothing else.

The format is pip's (https://pip.pypa.io/en/stable/reference/requirements-file-format/) as far as
a lock needs it. Whatever leaves open what gets installed is a fault: an option, an address, an
editable, a range, a missing hash. All faults of a file are reported at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError, Fault, InventoryError, TableError
from workflow_sbom.python.environment import Environment

MAX_BYTES = 16 << 20
_COMMENT = re.compile(r"(^|\s)#.*")
_HASH = "--hash="


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedRequirement:
    """One line of a lock: a name, the one version, where it applies, and the files allowed."""

    name: NormalizedName
    version: Version
    marker: Marker | None
    hashes: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class LockedRequirements:
    """A lock: every distribution that may be installed, each by version and hashes."""

    requirements: tuple[LockedRequirement, ...]

    def select(self, environment: Environment) -> dict[NormalizedName, LockedRequirement]:
        """What the lock installs in an environment, by name.

        Raises `InventoryError` when it holds two versions of a name there.
        """
        chosen: dict[NormalizedName, LockedRequirement] = {}
        for entry in self.requirements:
            if not environment.holds(entry.marker):
                continue
            other = chosen.setdefault(entry.name, entry)
            if other is not entry:
                raise InventoryError(
                    f"the lock holds {entry.name} {other.version} and {entry.version} "
                    f"for {environment}; make it again"
                )
        return chosen


def parse(data: bytes) -> LockedRequirements:
    """Read a hashed requirement file; raises `TableError` with the faults, each with its line."""
    faults: list[Fault] = []
    entries: list[LockedRequirement] = []
    for number, line in _logical_lines(_text(data)):
        try:
            entries.append(_requirement(line))
        except ValueError as error:
            faults.append(Fault(f"line {number}", str(error)))
    faults.extend(_repeated(entries))
    if faults:
        raise TableError(faults)
    return LockedRequirements(tuple(entries))


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise TableError([Fault("", f"{len(data)} bytes; at most {MAX_BYTES} are read")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TableError([Fault("", f"not UTF-8 at byte {error.start}")]) from error


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines joined where one ends in a backslash, without comments; numbered by the first."""
    first, pending = 0, ""
    for number, raw in enumerate([*re.split(r"\r?\n", text), ""], start=1):
        line = _COMMENT.sub("", raw).rstrip()
        first = first if pending else number
        if line.endswith("\\") and not _COMMENT.search(raw):
            pending += line[:-1] + " "
            continue
        if joined := (pending + line).strip():
            yield first, joined
        pending = ""
    if pending.strip():
        yield first, pending.strip()


def _requirement(line: str) -> LockedRequirement:
    if not line.isprintable():
        raise ValueError(f"control characters in {line[:80]!r}")
    if line.startswith("-"):
        raise ValueError(f"{line[:80]!r} is an option; a lock holds pinned names alone")
    text, *options = re.split(r"\s+(?=--)", line)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{text[:80]!r} is no requirement: {reason}") from error
    return LockedRequirement(
        name=canonicalize_name(requirement.name),
        version=_pinned(requirement),
        marker=requirement.marker,
        hashes=_hashes(requirement.name, options),
    )


def _pinned(requirement: Requirement) -> Version:
    if requirement.url is not None:
        raise ValueError(f"{requirement.name} is taken from an address; pin a version of the index")
    pins = tuple(requirement.specifier)
    if len(pins) != 1 or pins[0].operator != "==" or pins[0].version.endswith(".*"):
        found = str(requirement.specifier)[:80] or "any version"
        raise ValueError(f"{requirement.name} is not pinned: {found}; write ==VERSION")
    return Version(pins[0].version)


def _hashes(name: str, options: list[str]) -> tuple[Digest, ...]:
    digests: set[Digest] = set()
    for option in options:
        if not option.startswith(_HASH):
            raise ValueError(f"{name}: the option {option[:40]!r} has no place in a lock")
        try:
            digests.add(Digest.parse(option.removeprefix(_HASH).strip()))
        except DigestError as error:
            raise ValueError(f"{name}: {error}") from error
    if not digests:
        raise ValueError(f"{name} has no --hash=sha256:…; make the lock with hashes")
    return tuple(sorted(digests))


def _repeated(entries: list[LockedRequirement]) -> Iterator[Fault]:
    counts = Counter((entry.name, str(entry.marker)) for entry in entries)
    for (name, marker), count in sorted(counts.items()):
        if count > 1:
            where = "" if marker == "None" else f" under the marker {marker}"
            yield Fault(name, f"stands {count} times{where}", "make the lock again")
