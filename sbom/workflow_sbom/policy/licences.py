"""Whether the licences of components are allowed.

A component is judged by what somebody concluded about it, else by all that its authors declare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from workflow_sbom.errors import ModelError
from workflow_sbom.licensing.expressions import (
    AllOf,
    Expression,
    Ruling,
    Term,
    evaluate,
    is_within,
    overlaps,
    parse,
    terms,
)
from workflow_sbom.policy.findings import (
    Expired,
    Finding,
    LicenceRefused,
    LicenceUnknown,
    Place,
    Unused,
)
from workflow_sbom.policy.item import Item, Stated
from workflow_sbom.policy.table import FILE_NAME, LicenceException, LicencesTable


def check(items: Iterable[Item], table: LicencesTable, today: date) -> Iterator[Finding]:
    """Every component whose licence is refused or unknown, and what the exceptions came to."""
    excuses = tuple(_Excuse.of(at, exception) for at, exception in enumerate(table.exception))
    current = tuple(each for each in excuses if each.is_good(today))
    used: set[int] = set()
    for item in items:
        judgement = _judge(item, table)
        if judgement.ruling is Ruling.ALLOWED or not (item.is_package or item.licences):
            continue
        excuse = next((each for each in current if each.covers(item, judgement)), None)
        if excuse:
            used.add(excuse.at)
        else:
            yield _finding(item, judgement, table)
    for each in excuses:
        if each not in current:
            yield Expired(each.where, each.until)
        elif each.at not in used:
            yield Unused(each.where)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """The ruling on a component, what it states, and that in words or why it is unknown."""

    ruling: Ruling
    stated: Expression | None
    told: str


def _judge(item: Item, table: LicencesTable) -> _Judgement:
    allow = _allowed(item, table)
    try:
        stated = _stated(item.licences)
    except ModelError as error:
        return _Judgement(Ruling.UNKNOWN, None, str(error))
    ruling = evaluate(stated, lambda term: rule(term, allow, table))
    if ruling is not Ruling.UNKNOWN:
        return _Judgement(ruling, stated, _text(item.licences))
    names = sorted({str(term) for term in terms(stated) if not term.known})
    return _Judgement(ruling, stated, f"{', '.join(names)} is not in the policy")


def _finding(
    item: Item, judgement: _Judgement, table: LicencesTable
) -> LicenceRefused | LicenceUnknown:
    if judgement.ruling is Ruling.REFUSED:
        return LicenceRefused(item.where, judgement.told)
    if table.unknown == "fail":
        return LicenceRefused(item.where, f"that is unknown ({judgement.told})")
    return LicenceUnknown(item.where, judgement.told)


def _allowed(item: Item, table: LicencesTable) -> Sequence[Term]:
    also = (table.also or {}).get(item.url.type, ()) if item.url else ()
    return (*table.allow, *also, *(() if item.ships else table.build.allow))


def rule(term: Term, allow: Sequence[Term], table: LicencesTable) -> Ruling:
    """What the policy says of one licence; what is denied is refused whatever else is said."""
    readings = [term]
    if table.exceptions == "any":  # what a licence stands WITH only ever permits more
        readings.append(Term(term.licence, None, term.known))
    good = [each for each in readings if not any(is_within(each, no) for no in table.deny)]
    if term not in good:
        return Ruling.REFUSED
    if any(overlaps(reading, each) for reading in good for each in allow):
        return Ruling.ALLOWED
    return Ruling.REFUSED if term.known else Ruling.UNKNOWN


def _stated(licences: Sequence[Stated]) -> Expression:
    """The one expression a component comes to; raises `ModelError` where it states none."""
    counting = _counting(licences)
    if not counting:
        raise ModelError("none is stated")
    read = tuple(map(_read, counting))
    return read[0] if len(read) == 1 else AllOf(read)


def _counting(licences: Sequence[Stated]) -> Sequence[Stated]:
    return [each for each in licences if each.concluded] or licences


def _read(stated: Stated) -> Expression:
    """Words are a licence where they happen to be an expression of SPDX's own identifiers."""
    if stated.form == "spdx":
        return parse(stated.text)
    try:
        expression = parse(stated.text)
    except ModelError:
        expression = None
    if expression is None or not all(term.known for term in terms(expression)):
        raise ModelError(f"{stated.text[:80]!a} is no SPDX licence")
    return expression


def _text(licences: Sequence[Stated]) -> str:
    texts = [each.text[:200] for each in _counting(licences)]
    return texts[0] if len(texts) == 1 else " AND ".join(f"({text})" for text in texts)


@dataclass(frozen=True, slots=True)
class _Excuse:
    """An exception of the policy, and where it stands."""

    at: int
    table: LicenceException
    expression: Expression | None

    @classmethod
    def of(cls, at: int, table: LicenceException) -> _Excuse:
        return cls(at, table, parse(table.licence) if table.licence else None)

    @property
    def where(self) -> Place:
        return Place(
            document=FILE_NAME,
            path=f"licences.exception[{self.at}]",
            purl=self.table.package.text,
        )

    @property
    def until(self) -> str:
        return self.table.until.date.isoformat() if self.table.until else ""

    def is_good(self, today: date) -> bool:
        return self.table.until is None or today <= self.table.until.date

    def covers(self, item: Item, judgement: _Judgement) -> bool:
        """Whether it is about this component, stating what the exception says it does.

        One that says nothing of that is for what is unknown, and for nothing that is refused.
        """
        if not self.table.package.covers(item.url):
            return False
        if self.expression is None:
            return judgement.ruling is Ruling.UNKNOWN
        return judgement.stated == self.expression
