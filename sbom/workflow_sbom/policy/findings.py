"""What a check can find: a closed union, each with what, where and the remedy.

A finding fails, or leaves something unknown, or is only told. Unknown is not good: it stops a
stable release, and a pre-release is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from workflow_sbom.policy.advisories.severity import Word
from workflow_sbom.printable import printable

Weight = Literal["fail", "unknown", "told"]
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where: the document's name, the JSON path in it (empty: the whole), the package URL.

    `name` is what a component without package URL is called.
    """

    document: str
    path: str = ""
    purl: str = ""
    name: str = ""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.document, self.path) if part)
        called = self.purl or self.name
        return printable(f"{where} ({called[:_LONGEST]})" if called else where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One vulnerability, whoever numbered it: `names` are all its identifiers, sorted.

    `fixed` is the least version that all who tell of it call fixed, empty where there is none.
    """

    names: tuple[str, ...]
    summary: str = ""
    severity: Word = "unknown"
    fixed: str = ""

    def __str__(self) -> str:
        others = f" ({', '.join(self.names[1:])})" if self.names[1:] else ""
        summary = f": {self.summary}" if self.summary else ""
        return f"{self.names[0]}{others}, severity {self.severity}{summary}"


@dataclass(frozen=True, slots=True)
class LicenceRefused:
    """A licence, or the lack of a known one, that the policy does not allow."""

    where: Place
    licence: str


@dataclass(frozen=True, slots=True)
class LicenceUnknown:
    """A component whose licence can't be judged; `reason` says why."""

    where: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Vulnerable:
    """A component with a known vulnerability that nothing excuses."""

    where: Place
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class Tolerated:
    """A vulnerability below the policy's threshold."""

    where: Place
    flaw: Flaw
    threshold: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A vulnerability that a VEX statement says does not matter here, and why."""

    where: Place
    flaw: Flaw
    statement: Place
    justification: str


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A vulnerability that one VEX statement excuses and another does not: it counts."""

    where: Place
    flaw: Flaw
    statements: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A component of which nobody can say whether it is vulnerable."""

    where: Place
    reason: str


@dataclass(frozen=True, slots=True)
class DatabaseUnfit:
    """A database of vulnerabilities that is missing, stale, or lacks an ecosystem."""

    where: Place
    reason: str


@dataclass(frozen=True, slots=True)
class RecordUnread:
    """A record of the database that is no OSV record; what it would have said is unknown."""

    where: Place
    reason: str


@dataclass(frozen=True, slots=True)
class StatementRefused:
    """A VEX statement that is malformed; it excuses nothing."""

    where: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """An exception or VEX file that was good until a day which has passed; it excuses nothing."""

    where: Place
    until: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Something unknown of a component that the policy takes as it is; `because` says why."""

    where: Place
    reason: str
    because: str


@dataclass(frozen=True, slots=True)
class Unused:
    """An exception or VEX statement that excuses nothing there is."""

    where: Place


@dataclass(frozen=True, slots=True)
class FieldMissing:
    """A field of the checklist that is absent."""

    where: Place
    field: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that only looks like one."""

    where: Place
    value: str


@dataclass(frozen=True, slots=True)
class QualityLow:
    """A document that says less than the policy asks for; the scores are of 100."""

    where: Place
    score: int
    minimum: int


Finding = (
    LicenceRefused
    | LicenceUnknown
    | Vulnerable
    | Tolerated
    | Suppressed
    | Contradicted
    | NotJudged
    | DatabaseUnfit
    | RecordUnread
    | StatementRefused
    | Expired
    | Accepted
    | Unused
    | FieldMissing
    | Placeholder
    | QualityLow
)


def weight(finding: Finding) -> Weight:
    """Whether the finding fails, leaves something unknown, or is only told."""
    match finding:
        case LicenceRefused() | Vulnerable() | Contradicted() | Placeholder() | QualityLow():
            return "fail"
        case LicenceUnknown() | NotJudged() | DatabaseUnfit() | RecordUnread() | StatementRefused():
            return "unknown"
        case Tolerated() | Suppressed() | Accepted() | Expired() | Unused() | FieldMissing():
            return "told"
        case _:
            assert_never(finding)


def what(finding: Finding) -> str:
    """What was found, in one printable line."""
    return printable(_what(finding)[:_LONGEST])


def _what(finding: Finding) -> str:
    match finding:
        case LicenceRefused(_, licence):
            return f"the licence {licence} is not allowed"
        case LicenceUnknown(_, reason):
            return f"the licence is not known: {reason}"
        case FieldMissing(_, field):
            return f"missing: {field}"
        case Placeholder(_, value):
            return f"{value!r} is a placeholder"
        case QualityLow(_, score, minimum):
            return f"the quality is {score} of 100; at least {minimum} is asked for"
        case Accepted(_, reason, because):
            return f"not known: {reason}; accepted: {because}"
        case Vulnerable() | Tolerated() | Suppressed() | Contradicted():
            return _of_flaw(finding)
        case _:
            return _of_sources(finding)


def _of_flaw(finding: Vulnerable | Tolerated | Suppressed | Contradicted) -> str:
    match finding:
        case Vulnerable(_, flaw):
            return str(flaw)
        case Tolerated(_, flaw, threshold):
            return f"{flaw}; below the threshold {threshold}"
        case Suppressed(_, flaw, statement, justification):
            return f"{flaw}; does not matter by {statement}: {justification}"
        case Contradicted(_, flaw, statements):
            said = ", ".join(map(str, statements))
            return f"{flaw}; VEX statements contradict each other: {said}"
        case _:
            assert_never(finding)


def _of_sources(
    finding: NotJudged | DatabaseUnfit | RecordUnread | StatementRefused | Expired | Unused,
) -> str:
    match finding:
        case NotJudged(_, reason):
            return f"whether it is vulnerable is not known: {reason}"
        case DatabaseUnfit(_, reason):
            return reason
        case RecordUnread(_, reason):
            return f"a record that can't be read: {reason}"
        case StatementRefused(_, reason):
            return f"no acceptable VEX statement: {reason}"
        case Expired(_, until):
            return f"was good until {until} and excuses nothing any more"
        case Unused():
            return "excuses nothing that is there"
        case _:
            assert_never(finding)


def remedy(finding: Finding) -> str:
    """What to do about it; empty where there is nothing to do."""
    match finding:
        case Vulnerable(_, flaw) if flaw.fixed:
            return (
                f"upgrade to {printable(flaw.fixed)}, or say in a VEX file why it does not matter"
            )
        case Vulnerable():
            return "replace it, or say in a VEX file why it does not matter"
        case Tolerated() | Suppressed() | Accepted():
            return ""
        case _:
            return _REMEDIES[type(finding)]


_REMEDIES: dict[type, str] = {
    LicenceRefused: "replace the component, allow the licence, or except it with a reason",
    LicenceUnknown: "find out the licence, or except the component with what it is and a reason",
    Contradicted: "mend or remove one of the statements",
    NotJudged: "it takes a fresh OSV database with its ecosystem, and a package URL with a version",
    DatabaseUnfit: "provide a fresh OSV database, as a folder or a zip file",
    RecordUnread: "fetch the database again",
    StatementRefused: "mend the VEX file",
    Expired: "look at it again and give it a new day, or remove it",
    Unused: "remove it from the policy",
    FieldMissing: "say it where it is known",
    Placeholder: "say the true value, or leave the field out",
    QualityLow: "fill in the fields named as missing",
}
