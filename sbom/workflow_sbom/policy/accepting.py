"""What nobody can judge, and a person has taken a look at: said in the policy, until a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase

from workflow_sbom.policy.findings import (
    Accepted,
    Expired,
    Finding,
    LicenceUnknown,
    NotJudged,
    Place,
    Unused,
)
from workflow_sbom.policy.table import FILE_NAME, UnjudgedTable


def accept(
    findings: Iterable[Finding], tables: Sequence[UnjudgedTable], today: date
) -> Iterator[Finding]:
    """The findings, with what is unknown of the components named no longer so.

    Nothing that fails is accepted, nor a database that is missing or too old.
    """
    good = {at: each for at, each in enumerate(tables) if today <= each.until.date}
    used: set[int] = set()
    for finding in findings:
        match finding:
            case LicenceUnknown(where, reason) | NotJudged(where, reason):
                at = next((at for at, each in good.items() if _names(each, where)), None)
                if at is not None:
                    used.add(at)
                    yield Accepted(where, reason, tables[at].reason)
                    continue
        yield finding
    for at, each in enumerate(tables):
        where = Place(document=FILE_NAME, path=f"unjudged[{at}]", purl=each.component)
        if at not in good:
            yield Expired(where, each.until.date.isoformat())
        elif at not in used:
            yield Unused(where)


def _names(table: UnjudgedTable, where: Place) -> bool:
    return fnmatchcase(where.purl or where.name, table.component)
