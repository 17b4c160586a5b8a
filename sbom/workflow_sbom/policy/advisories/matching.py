"""Whether a version is affected, by the algorithm of the OSV schema.

https://ossf.github.io/osv-schema/#evaluation: a version is affected when it is listed, or when
the events of a range, sorted, leave it affected, and it lies before a limit, if there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from workflow_sbom.policy.advisories.record import Affected, Event, EventKind, Range
from workflow_sbom.policy.advisories.versions import Key, order

_FIRST = "0"  # before every version there is
# At one version: what was fixed may come back, and what was last affected is affected.
_TIES: dict[EventKind, int] = {"fixed": 0, "introduced": 1, "last_affected": 2, "limit": 3}


@dataclass(frozen=True, slots=True)
class Undecided:
    """Whether the version is affected can't be told, and why."""

    reason: str


Match = Literal["affected", "unaffected"] | Undecided


def match(affected: Affected, version: str) -> Match:
    """Whether that version of the package is affected."""
    if version in affected.versions:
        return "affected"
    key_of = order(affected.ecosystem)
    if key_of is None:
        return Undecided(f"the order of versions in {affected.ecosystem[:40]} is not known")
    try:
        key = key_of(version)
    except ValueError:
        return Undecided(f"{version[:80]!r} is no version of {affected.ecosystem[:40]}")
    if _listed(affected, key, key_of):
        return "affected"
    return _in_ranges(affected, key, key_of)


def _listed(affected: Affected, key: Key, key_of: Callable[[str], Key]) -> bool:
    """Whether the version is listed in another spelling (`1.0` for `1.0.0`)."""
    for each in affected.versions:
        try:
            if key_of(each) == key:
                return True
        except ValueError:
            continue
    return False


def _in_ranges(affected: Affected, key: Key, key_of: Callable[[str], Key]) -> Match:
    ordered = [each for each in affected.ranges if each.kind != "GIT"]
    if not ordered and not affected.versions:
        return Undecided("it is told by commits only, or not at all")
    undecided: Undecided | None = None
    for each in ordered:
        try:
            if _in_range(each, key, key_of):
                return "affected"
        except ValueError as error:
            undecided = Undecided(f"a range that can't be put in order: {str(error)[:80]}")
    return undecided or "unaffected"


def _in_range(given: Range, key: Key, key_of: Callable[[str], Key]) -> bool:
    limits = [event.version for event in given.events if event.kind == "limit"]
    if limits and not any(limit == "*" or key < key_of(limit) for limit in limits):
        return False
    inside = False
    for event in sorted(_dated(given), key=lambda event: _position(event, key_of)):
        inside = _after(event, inside, key, key_of)
    return inside


def _dated(given: Range) -> list[Event]:
    return [event for event in given.events if event.kind != "limit"]


def _position(event: Event, key_of: Callable[[str], Key]) -> tuple[object, ...]:
    if event.version == _FIRST:  # nothing comes before it: a fix there can only follow
        return 0, 0, event.kind != "introduced"
    return 1, key_of(event.version), _TIES[event.kind]


def _after(event: Event, inside: bool, key: Key, key_of: Callable[[str], Key]) -> bool:
    first = event.version == _FIRST
    if event.kind == "introduced" and (first or key >= key_of(event.version)):
        return True
    if event.kind == "fixed" and (first or key >= key_of(event.version)):
        return False
    if event.kind == "last_affected" and key > key_of(event.version):
        return False
    return inside


def fix(affected: Affected, version: str) -> str | None:
    """The least version after that one which a range calls fixed, if any does."""
    key_of = order(affected.ecosystem)
    later = {
        key: event.version
        for each in affected.ranges
        if each.kind != "GIT" and key_of is not None
        for event in each.events
        if event.kind == "fixed" and (key := _later(event.version, version, key_of)) is not None
    }
    return later[min(later)] if later else None


def _later(candidate: str, version: str, key_of: Callable[[str], Key]) -> Key | None:
    """The key of a version that comes after another, else None."""
    try:
        key = key_of(candidate)
        return key if key > key_of(version) else None
    except ValueError:
        return None
