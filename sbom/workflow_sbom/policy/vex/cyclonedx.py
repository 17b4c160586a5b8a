"""Statements in CycloneDX: `vulnerabilities[].analysis` (ECMA-424, 1.4 and later).

What is affected is referred to by `bom-ref` in the same document, by BOM-Link
(`urn:cdx:serial/version#bom-ref`) in a document that is checked, or by the package URL itself.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.findings import Place, StatementRefused
from workflow_sbom.policy.package import read as read_purl
from workflow_sbom.policy.vex.statement import Statement, exact, objects, require_past, text

STATES = frozenset(
    {
        "resolved",
        "resolved_with_pedigree",
        "exploitable",
        "in_triage",
        "false_positive",
        "not_affected",
    }
)
JUSTIFICATIONS = frozenset(
    {
        "code_not_present",
        "code_not_reachable",
        "requires_configuration",
        "requires_dependency",
        "requires_environment",
        "protected_by_compiler",
        "protected_at_runtime",
        "protected_at_perimeter",
        "protected_by_mitigating_control",
    }
)
_COUNTING = frozenset({"exploitable", "in_triage"})
_LINK = re.compile(r"urn:cdx:([0-9a-f-]{36})/([1-9]\d*)#(.+)", re.ASCII | re.IGNORECASE)

Json = Mapping[str, Any]
Links = Mapping[tuple[str, int, str], str]  # serial, version and bom-ref to a package URL


def statements(
    document: Json, file: Place, now: datetime, links: Links
) -> Iterator[Statement | StatementRefused]:
    """Every statement, or why it is none; a vulnerability without analysis states nothing.

    `links` are the components of the documents that are checked.
    """
    refs = dict(references(document))
    for at, each in enumerate(objects(document, "vulnerabilities")):
        where = Place(document=file.document, path=f"vulnerabilities[{at}]")
        if "analysis" in each:
            try:
                yield _statement(each, where, now, refs, links)
            except DocumentError as error:
                yield StatementRefused(where, error.message)


def references(document: Json) -> Iterator[tuple[str, str]]:
    """The `bom-ref` and package URL of every component that has both."""
    subject = document.get("metadata", {}).get("component")
    waiting = [*([subject] if subject else []), *objects(document, "components")]
    while waiting:
        component = waiting.pop()
        if "bom-ref" in component and "purl" in component:
            yield component["bom-ref"], component["purl"]
        waiting.extend(objects(component, "components"))


def _statement(
    vulnerability: Json, where: Place, now: datetime, refs: Mapping[str, str], links: Links
) -> Statement:
    analysis = vulnerability["analysis"]
    if not isinstance(analysis, dict):
        raise DocumentError("analysis: an object is expected")
    state = text(analysis, "state")
    if state not in STATES:
        raise DocumentError(
            f"analysis.state: {state[:40]!a} is none of {', '.join(sorted(STATES))}"
        )
    for key in ("firstIssued", "lastUpdated"):
        require_past(text(analysis, key), now)
    affects = objects(vulnerability, "affects")
    return Statement(
        where=where,
        names=_names(vulnerability),
        products=frozenset(url for each in affects for url in _products(each, refs, links)),
        excuses=state not in _COUNTING,
        justification=_justification(analysis, state),
    )


def _names(vulnerability: Json) -> frozenset[str]:
    if not text(vulnerability, "id"):
        raise DocumentError("id: missing")
    others = (text(each, "id") for each in objects(vulnerability, "references"))
    return frozenset({vulnerability["id"], *others} - {""})


def _justification(analysis: Json, state: str) -> str:
    justification, detail = text(analysis, "justification"), text(analysis, "detail").strip()
    if justification and justification not in JUSTIFICATIONS:
        raise DocumentError(f"analysis.justification: {justification[:60]!a} is none of CycloneDX")
    if state == "not_affected" and not justification:
        raise DocumentError("not_affected without a justification")
    if state not in _COUNTING and not (justification or detail):
        raise DocumentError(f"{state} without a justification or a detail")
    return ": ".join(part for part in (justification or state, detail) if part)


def _products(affected: Json, refs: Mapping[str, str], links: Links) -> Iterator[str]:
    """The exact package URLs of one entry of `affects`; its versions narrow or complete it."""
    purl = _resolve(text(affected, "ref"), refs, links)
    url = read_purl(purl)
    if url is None:
        raise DocumentError(f"affects: {purl[:80]!a} is no package URL")
    versions = objects(affected, "versions")
    if any("range" in each for each in versions):
        raise DocumentError("affects: a range of versions; a statement is about single ones")
    stated = [text(each, "version") for each in versions]
    if not versions:
        yield exact(purl)
    elif url.version:
        yield from [exact(purl)] if url.version in stated else []
    else:
        yield from (url._replace(version=each).to_string() for each in stated if each)


def _resolve(ref: str, refs: Mapping[str, str], links: Links) -> str:
    if ref in refs:
        return refs[ref]
    if link := _LINK.fullmatch(ref):
        key = link[1].lower(), int(link[2]), urllib.parse.unquote(link[3])
        if key in links:
            return links[key]
    elif ref.startswith("pkg:"):
        return ref
    raise DocumentError(f"affects: {ref[:120]!a} refers to no component of the documents checked")
