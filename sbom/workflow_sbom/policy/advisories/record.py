"""One OSV record as a value, checked in what a decision depends on.

Format: https://ossf.github.io/osv-schema/ (1.7). What the format adds later is passed over; a
missing or ill-typed part of what is read makes the record a `DocumentError` that says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.advisories.severity import Word, from_vector, from_word, worst

MAX_BYTES = 8 << 20
LONGEST_VERSION = 500
EventKind = Literal["introduced", "fixed", "last_affected", "limit"]
RangeKind = Literal["SEMVER", "ECOSYSTEM", "GIT"]
_ID = re.compile(r"[A-Za-z0-9][\w.:+-]{0,199}", re.ASCII)
_LONGEST_SUMMARY = 200


@dataclass(frozen=True, slots=True)
class Event:
    """What begins or ends at a version."""

    kind: EventKind
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """Events on one line of versions, in whatever order the record has them."""

    kind: RangeKind
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """A package that a vulnerability is in: single versions, and ranges of them."""

    ecosystem: str
    name: str
    versions: tuple[str, ...]
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One record; `names` are its identifier first, then its aliases."""

    names: tuple[str, ...]
    summary: str
    severity: Word
    withdrawn: bool
    affected: tuple[Affected, ...]


def read(data: bytes) -> Advisory:
    """Read a record; raises `DocumentError`."""
    record = canonical.decode(data, limit=MAX_BYTES)
    if not isinstance(record, dict):
        raise DocumentError("no object")
    identifier = _identifier(record.get("id"), "id")
    aliases = [_identifier(each, "aliases") for each in _list(record, "aliases")]
    upstream = [_identifier(each, "upstream") for each in _list(record, "upstream")]
    if identifier.startswith("DEBIAN-CVE-") and len(upstream) == 1:
        aliases += upstream  # Debian's tracker names the CVE it tracks as its upstream
    return Advisory(
        names=tuple(dict.fromkeys((identifier, *aliases))),
        summary=_text(record, "summary", "")[:_LONGEST_SUMMARY],
        severity=_severity(record),
        withdrawn=bool(_text(record, "withdrawn", "")),
        affected=tuple(_affected(record)),
    )


def _identifier(value: Any, key: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise DocumentError(f"{key}: {str(value)[:80]!a} is no identifier")
    return value


def _affected(record: Mapping[str, Any]) -> Iterator[Affected]:
    for each in _objects(record, "affected"):
        package = _object(each, "package")
        if package is not None:
            yield Affected(
                ecosystem=_text(package, "ecosystem"),
                name=_text(package, "name"),
                versions=tuple(
                    _version(version, "versions") for version in _list(each, "versions")
                ),
                ranges=tuple(_range(item) for item in _objects(each, "ranges")),
            )


def _range(item: Mapping[str, Any]) -> Range:
    kind = _text(item, "type")
    if kind not in get_args(RangeKind):
        raise DocumentError(f"ranges: {kind[:40]!a} is no type of range")
    events = tuple(event for each in _objects(item, "events") for event in _events(each))
    if kind != "GIT" and not any(event.kind == "introduced" for event in events):
        raise DocumentError("ranges: a range without an introduced version")
    return Range(kind, events)  # type: ignore[arg-type]  # the choice was checked


def _events(item: Mapping[str, Any]) -> Iterator[Event]:
    for kind in get_args(EventKind):
        if kind in item:
            yield Event(kind, _version(item[kind], kind))


def _version(value: Any, key: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_VERSION:
        raise DocumentError(f"{key}: a version of 1 to {LONGEST_VERSION} characters is expected")
    return value


def _severity(record: Mapping[str, Any]) -> Word:
    """The database's word, else the worst of the vectors of the record and its packages."""
    word = from_word(_word(record))
    if word != "unknown":
        return word
    affected = _objects(record, "affected")
    vectors = [*_vectors(record), *(vector for each in affected for vector in _vectors(each))]
    return worst(map(from_vector, vectors))


def _word(record: Mapping[str, Any]) -> str:
    specific = record.get("database_specific")
    word = specific.get("severity") if isinstance(specific, dict) else None
    return word if isinstance(word, str) else ""


def _vectors(item: Mapping[str, Any]) -> Iterable[str]:
    return [_text(each, "score", "") for each in _objects(item, "severity")]


def _text(item: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = item.get(key, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise DocumentError(f"{key}: a string is expected")
    return value


def _list(item: Mapping[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    if value is not None and not isinstance(value, list):
        raise DocumentError(f"{key}: an array is expected")
    return value or []


def _objects(item: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    values = _list(item, key)
    if not all(isinstance(each, dict) for each in values):
        raise DocumentError(f"{key}: an array of objects is expected")
    return values


def _object(item: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = item.get(key)
    if value is not None and not isinstance(value, dict):
        raise DocumentError(f"{key}: an object is expected")
    return value
