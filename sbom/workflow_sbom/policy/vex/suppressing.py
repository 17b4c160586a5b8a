"""What VEX statements make of vulnerabilities that were found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workflow_sbom.policy.advisories.severity import counts
from workflow_sbom.policy.findings import (
    Contradicted,
    Finding,
    Flaw,
    Suppressed,
    Tolerated,
    Unused,
    Vulnerable,
)
from workflow_sbom.policy.vex.statement import Statement
from workflow_sbom.policy.vulnerabilities import Found


def weigh(
    found: Iterable[Found], statements: Sequence[Statement], threshold: str
) -> Iterator[Finding]:
    """Every flaw as the statements about it and the threshold leave it; unused statements."""
    used: set[Statement] = set()
    by_product = _by_product(statements)
    for each in found:
        product = each.item.url.to_string() if each.item.url else ""
        about = [
            one for one in by_product.get(product, ()) if one.is_about(each.item.within, each.flaw)
        ]
        used.update(about)
        yield _weigh(each, about, threshold)
    yield from (Unused(each.where) for each in statements if each not in used)


def _by_product(statements: Sequence[Statement]) -> Mapping[str, Sequence[Statement]]:
    found: dict[str, list[Statement]] = defaultdict(list)
    for each in statements:
        for product in each.products:
            found[product].append(each)
    return found


def _weigh(found: Found, about: Sequence[Statement], threshold: str) -> Finding:
    where, flaw = found.item.where, found.flaw
    excusing = [each for each in about if each.excuses]
    if excusing and len(excusing) < len(about):
        return Contradicted(where, flaw, tuple(each.where for each in about))
    if excusing and _covers(excusing, flaw):
        first = min(excusing, key=lambda each: each.where)
        return Suppressed(where, flaw, first.where, first.justification)
    if not counts(flaw.severity, threshold):
        return Tolerated(where, flaw, threshold)
    return Vulnerable(where, flaw)


def _covers(excusing: Sequence[Statement], flaw: Flaw) -> bool:
    """A record that joins several CVEs is excused when each of them is."""
    joined = [name for name in flaw.names if name.startswith("CVE-")]
    named = {name for statement in excusing for name in statement.names}
    return len(joined) < 2 or named.issuperset(joined)
