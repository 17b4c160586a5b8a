"""Vulnerabilities that a document states of its own components, whether a database knows them.

What the document says does not matter (`analysis.state`) adds nothing here, and takes nothing
away: only the VEX files that a policy names excuse what a database knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workflow_sbom.policy.advisories.severity import from_word, worst
from workflow_sbom.policy.findings import Flaw, Place
from workflow_sbom.policy.item import Item
from workflow_sbom.policy.items import Named
from workflow_sbom.policy.vulnerabilities import Found

_SETTLED = frozenset({"resolved", "resolved_with_pedigree", "false_positive", "not_affected"})
_LONGEST_SUMMARY = 200


def stated(given: Named, items: Iterable[Item], known: Sequence[Found]) -> Iterator[Found]:
    """What the document states and nothing settles, but for what is `known` already.

    `items` are those of all documents that are checked.
    """
    inside = {item.ref: item for item in items if item.where.document == given.name}
    names: dict[Place, set[str]] = defaultdict(set)
    for found in known:
        names[found.item.where].update(found.flaw.names)
    for at, each in enumerate(given.document.json.get("vulnerabilities", [])):
        if each.get("analysis", {}).get("state") not in _SETTLED:
            here = Place(document=given.name, path=f"vulnerabilities[{at}]")
            yield from _affecting(each, here, inside, names)


def _affecting(
    vulnerability: Mapping[str, Any],
    here: Place,
    inside: Mapping[str, Item],
    known: Mapping[Place, set[str]],
) -> Iterator[Found]:
    flaw = _flaw(vulnerability)
    for affected in vulnerability.get("affects", []) or [{}]:
        item = inside.get(affected.get("ref", "")) or Item(where=here)
        if known.get(item.where, set()).isdisjoint(flaw.names):
            yield Found(item, flaw)


def _flaw(vulnerability: Mapping[str, Any]) -> Flaw:
    others = sorted(each["id"] for each in vulnerability.get("references", []))
    names = (vulnerability.get("id", "a vulnerability without identifier"), *others)
    words = {from_word(each.get("severity", "")) for each in vulnerability.get("ratings", [])}
    return Flaw(
        names=tuple(dict.fromkeys(names)),
        summary=vulnerability.get("description", "")[:_LONGEST_SUMMARY],
        severity=worst(words - {"unknown"}),
    )
