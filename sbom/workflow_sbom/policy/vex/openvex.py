"""Statements in OpenVEX (https://github.com/openvex/spec, version 0.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.findings import Place, StatementRefused
from workflow_sbom.policy.vex.statement import Statement, exact, objects, require_past, text

CONTEXT = "https://openvex.dev/ns/v0.2.0"
STATUSES = frozenset({"not_affected", "affected", "fixed", "under_investigation"})
JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)

Json = Mapping[str, Any]


def statements(
    document: Json, file: Place, now: datetime
) -> Iterator[Statement | StatementRefused]:
    """Every statement, or why it is none; raises `DocumentError` for another document."""
    for key in ("@id", "author", "timestamp"):
        if not text(document, key):
            raise DocumentError(f"{key}: missing")
    require_past(text(document, "timestamp"), now)
    for at, each in enumerate(objects(document, "statements")):
        where = Place(document=file.document, path=f"statements[{at}]")
        try:
            yield _statement(each, where, now)
        except DocumentError as error:
            yield StatementRefused(where, error.message)


def _statement(statement: Json, where: Place, now: datetime) -> Statement:
    status = text(statement, "status")
    if status not in STATUSES:
        raise DocumentError(f"status: {status[:40]!a} is none of {', '.join(sorted(STATUSES))}")
    for key in ("timestamp", "last_updated"):
        require_past(text(statement, key), now)
    products, within = _products(objects(statement, "products"))
    return Statement(
        where=where,
        names=_names(statement.get("vulnerability")),
        products=products,
        within=within,
        excuses=status in ("not_affected", "fixed"),
        justification=_justification(statement, status),
    )


def _names(vulnerability: Any) -> frozenset[str]:
    if not isinstance(vulnerability, dict) or not text(vulnerability, "name"):
        raise DocumentError("vulnerability: an object with a name is expected")
    aliases = vulnerability.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(each, str) for each in aliases):
        raise DocumentError("vulnerability.aliases: an array of strings is expected")
    return frozenset({vulnerability["name"], *aliases})


def _justification(statement: Json, status: str) -> str:
    justification = text(statement, "justification")
    impact = text(statement, "impact_statement").strip()
    if justification and justification not in JUSTIFICATIONS:
        raise DocumentError(f"justification: {justification[:60]!a} is none of OpenVEX")
    if status == "not_affected" and not (justification or impact):
        raise DocumentError("not_affected without a justification or an impact_statement")
    if status == "affected" and not text(statement, "action_statement").strip():
        raise DocumentError("affected without an action_statement")
    return ": ".join(part for part in (justification or status, impact) if part)


def _products(products: list[Json]) -> tuple[frozenset[str], frozenset[str]]:
    """The packages meant, and those they must be within: the products of subcomponents."""
    if not products:
        raise DocumentError("products: missing")
    nested = [objects(each, "subcomponents") for each in products]
    if not any(nested):
        return frozenset(map(_purl, products)), frozenset()
    if len(products) > 1:
        raise DocumentError("products: with subcomponents, one product a statement is read")
    return frozenset(map(_purl, nested[0])), frozenset({_purl(products[0])})


def _purl(product: Json) -> str:
    identifiers = product.get("identifiers", {})
    if not isinstance(identifiers, dict):
        raise DocumentError("identifiers: an object is expected")
    return exact(text(identifiers, "purl") or text(product, "@id"))
