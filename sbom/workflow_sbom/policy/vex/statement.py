"""A VEX statement as a value, whichever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.findings import Flaw, Place
from workflow_sbom.policy.package import read as read_purl

_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is said of vulnerabilities, by any of their names, in exact packages.

    `products` are canonical package URLs with a version; `within`, if any, are those of the
    products they must be a part of. `excuses` says whether the vulnerability does not matter, and
    `justification` then why.
    """

    where: Place
    names: frozenset[str]
    products: frozenset[str]
    excuses: bool
    justification: str
    within: frozenset[str] = frozenset()

    def is_about(self, within: str, flaw: Flaw) -> bool:
        """Whether it is about that flaw in what is part of the package URL `within`."""
        if self.within and within not in self.within:
            return False
        return not self.names.isdisjoint(flaw.names)


def text(table: Mapping[str, Any], key: str) -> str:
    """A string of a document, empty where it is absent; raises `DocumentError`."""
    value = table.get(key, "")
    if not isinstance(value, str):
        raise DocumentError(f"{key}: a string is expected")
    return value


def objects(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """An array of objects, empty where it is absent; raises `DocumentError`."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise DocumentError(f"{key}: an array of objects is expected")
    return value


def exact(purl: str) -> str:
    """A package URL with its version, in canonical spelling; raises `DocumentError`."""
    url = read_purl(purl)
    if url is None:
        raise DocumentError(f"{purl[:80]!a} is no package URL")
    if not url.version:
        raise DocumentError(f"{purl[:80]!a} names no version; a statement is about one")
    return url.to_string()


def require_past(moment: str, now: datetime) -> None:
    """Raise `DocumentError` for a time that is none, or has not come yet."""
    if not moment:
        return
    try:
        stated = datetime.fromisoformat(moment)
    except ValueError as error:
        raise DocumentError(f"{moment[:40]!a} is no time") from error
    stated = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    if stated > now + _CLOCKS_DIFFER:
        raise DocumentError(f"it is of the future: {moment[:40]}")
