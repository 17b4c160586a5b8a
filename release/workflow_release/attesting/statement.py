"""in-toto statements v1: which bytes (by digest) something is said of, and what. Pure.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflow_release import names
from workflow_sbom import canonical
from workflow_sbom.canonical import Json
from workflow_sbom.digest import Digest

TYPE = "https://in-toto.io/Statement/v1"
RELEASE = f"{names.NAMESPACE}/release-statement/v1"
"""The predicate type of the statement over `release.json`."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A file a statement is about, by name and digest."""

    name: str
    digest: Digest


def statement(
    subjects: Iterable[Subject], predicate_type: str, predicate: Mapping[str, Json]
) -> dict[str, Json]:
    """A statement as JSON, its subjects sorted by name."""
    return {
        "_type": TYPE,
        "subject": [
            {"name": each.name, "digest": {"sha256": each.digest.hex}} for each in sorted(subjects)
        ],
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def of_release(record: Subject, project: str, version: str) -> dict[str, Json]:
    """The statement that seals a release: its one subject is `release.json`."""
    return statement([record], RELEASE, {"name": project, "version": version})


def encode(stated: Mapping[str, Json]) -> bytes:
    """The bytes that are signed."""
    return canonical.encode(stated)


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values differ, a line each, in words: `predicate.x: says 1, expected is 2`.

    What is only in one of them is a difference: nothing unknown is let through.
    """
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in sorted({*expected, *found}):
            yield from _member(expected, found, key, f"{path}.{key}" if path else key)
    elif _is_list(expected) and _is_list(found) and len(expected) == len(found):
        for at, (wanted, given) in enumerate(zip(expected, found, strict=True)):
            yield from differences(wanted, given, f"{path}[{at}]")
    elif type(expected) is not type(found) or expected != found:
        yield f"{path or 'the statement'}: says {_short(found)}, expected is {_short(expected)}"


def _member(
    expected: Mapping[str, Any], found: Mapping[str, Any], key: str, path: str
) -> Iterator[str]:
    if key not in found:
        yield f"{path}: missing"
    elif key not in expected:
        yield f"{path}: is unknown"
    else:
        yield from differences(expected[key], found[key], path)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
