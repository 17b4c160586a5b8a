"""`sbom/policy.toml`: what a repository demands of its bills of materials.

The classes below are the whole declaration: the reader, the messages and the JSON Schema
(`docs/policy.schema.json`) come from them. A table that is absent asks for nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any, Literal

from workflow_sbom import tables
from workflow_sbom.errors import Fault, TableError
from workflow_sbom.licensing.expressions import Term, is_within, nearest
from workflow_sbom.licensing.expressions import parse as parse_expression
from workflow_sbom.policy.package import Package
from workflow_sbom.tables import described

FILE_NAME = "sbom/policy.toml"
MAX_BYTES = 1 << 20
Severity = Literal["any", "low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """A day, `YYYY-MM-DD`, in quotes."""

    date: date

    @classmethod
    def parse(cls, text: str) -> Day:
        """Read `2027-06-30`; raises `ValueError`."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            raise ValueError(f"{text[:40]!r} is no day; write it as 2027-06-30")
        return cls(day)


@dataclass(frozen=True, slots=True)
class InFolder:
    """A path relative to the policy's folder, with forward slashes, that stays inside."""

    path: PurePosixPath

    @classmethod
    def parse(cls, text: str) -> InFolder:
        """Read such a path; raises `ValueError`."""
        path = PurePosixPath(text)
        if not text or path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{text[:80]!r} leaves the policy's folder; write a path below it")
        if "\\" in text or not text.isprintable():
            raise ValueError(f"{text[:80]!r} is no portable path; use letters and forward slashes")
        return cls(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceException:
    """One component whose licence is looked at by a person."""

    package: Package = described(
        "Package URL; without a version it covers all of them, without qualifiers any"
    )
    reason: str = described("Why this is good", pattern=r"\S.{9,}")
    licence: str = described(
        "The expression that the component must state; empty: it states none that is known",
        default="",
    )
    until: Day | None = described("The last day on which this is good", default=None)

    def __post_init__(self) -> None:
        if self.licence:
            parse_expression(self.licence)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLicences:
    """What may be needed to build, and does not ship."""

    allow: tuple[Term, ...] = described("Allowed beside those that may ship", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class LicencesTable:
    """Which licences may ship."""

    allow: tuple[Term, ...] = described(
        "SPDX identifiers, `LicenseRef-…`, or an identifier WITH an exception"
    )
    deny: tuple[Term, ...] = described("Never allowed, even where `allow` covers it", default=())
    also: Mapping[str, tuple[Term, ...]] | None = described(
        "Allowed beside `allow`, by the type of the package URL (`deb`)", default=None
    )
    exceptions: Literal["listed", "any"] = described(
        "`listed`: a licence WITH an exception is allowed where `allow` has both; "
        "`any`: also where it has the licence",
        default="listed",
    )
    unknown: Literal["unknown", "fail"] = described(
        "What a component of unknown licence does to a check", default="unknown"
    )
    build: BuildLicences = described("For what only builds", default=BuildLicences())
    exception: tuple[LicenceException, ...] = described("Single components", default=())

    def __post_init__(self) -> None:
        lists = {"allow": self.allow, "deny": self.deny, "build.allow": self.build.allow}
        lists |= {f"also.{kind}": terms for kind, terms in (self.also or {}).items()}
        faults = [
            Fault(f"{key}[{at}]", f"{term} is denied by {denied}", "take it out of one of the two")
            for key, terms in lists.items()
            if key != "deny"
            for at, term in enumerate(terms)
            for denied in self.deny
            if is_within(term, denied)
        ]
        faults += [
            Fault(f"{key}[{at}]", f"SPDX lists no licence {term}", _instead(term))
            for key, terms in lists.items()
            for at, term in enumerate(terms)
            if not term.known and "Ref-" not in str(term)
        ]
        if faults:
            raise TableError(faults)


def _instead(term: Term) -> str:
    near = nearest(term.licence)
    return f"did you mean {near!r}?" if near else "one that it does not list is a LicenseRef-…"


@dataclass(frozen=True, slots=True, kw_only=True)
class VulnerabilitiesTable:
    """Which known vulnerabilities may ship, and how they are known."""

    database: InFolder | None = described(
        "OSV records: a folder or a zip file; default: the one that the caller names", default=None
    )
    max_age_days: int = described("How old the newest record may be", default=7)
    severity: Severity = described(
        "The least severity that counts; what has none that is known always counts", default="any"
    )
    build: bool = described("Whether what was only needed to build counts, too", default=True)
    ecosystems: tuple[str, ...] = described(
        "Ecosystems that the database must have records of, as OSV names them",
        default=(),
        pattern=r"[A-Za-z][\w. -]*(?::[\w. -]+)?",
    )

    def __post_init__(self) -> None:
        if not 0 <= self.max_age_days <= 3650:
            raise TableError([Fault("max-age-days", "not from 0 to 3650")])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnjudgedTable:
    """Components of which no record can say whether they are good, and whoever looked says so."""

    component: str = described(
        "Package URL, or name where there is none; * stands for anything",
        pattern=r"(?=(?:.*[^*?\[\]]){4}).{4,200}",
    )
    reason: str = described("Why this is good", pattern=r"\S.{9,}")
    until: Day = described("The last day on which this is good")


@dataclass(frozen=True, slots=True, kw_only=True)
class VexTable:
    """A file of VEX statements (CycloneDX or OpenVEX)."""

    file: InFolder = described("Path below the policy's folder")
    until: Day = described("The last day on which its statements are good")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityTable:
    """How much a document must say."""

    minimum: int = described("The least score of every document, of 100")

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= 100:
            raise TableError([Fault("minimum", "not from 0 to 100")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a repository demands of its bills of materials; an absent table asks for nothing."""

    own: tuple[Package, ...] = described(
        "Packages that this repository makes: no database is asked about them", default=()
    )
    licences: LicencesTable | None = described("Which licences may ship", default=None)
    vulnerabilities: VulnerabilitiesTable | None = described(
        "Which known vulnerabilities may ship", default=None
    )
    vex: tuple[VexTable, ...] = described("Why vulnerabilities do not matter here", default=())
    unjudged: tuple[UnjudgedTable, ...] = described(
        "What may ship though its licence or vulnerabilities can't be known", default=()
    )
    quality: QualityTable | None = described("How much a document must say", default=None)


def parse(data: bytes) -> Policy:
    """Read a policy; raises `TableError` with every fault in it."""
    if len(data) > MAX_BYTES:
        raise TableError([Fault("", f"{len(data)} bytes; at most {MAX_BYTES} are read")])
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise TableError([Fault("", f"not UTF-8 at byte {error.start}")]) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TableError([Fault("", f"no TOML: {error}")]) from error
    return tables.read(Policy, table)


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy, for editors that complete it."""
    return tables.schema(Policy, "sbom/policy.toml")
