"""VEX files of a policy as statements, expired and malformed ones told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.documents import view
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.findings import Expired, Place, StatementRefused
from workflow_sbom.policy.table import VexTable
from workflow_sbom.policy.vex import cyclonedx, openvex
from workflow_sbom.policy.vex.statement import Statement


def read(
    tables: Sequence[VexTable],
    files: Mapping[str, bytes],
    now: datetime,
    links: cyclonedx.Links,
) -> Iterator[Statement | StatementRefused | Expired]:
    """The statements of every file that the policy names and that is not past its day.

    `files` are by path as the policy writes it; one that is absent could not be read.
    """
    for table in tables:
        name = str(table.file.path)
        where = Place(document=name)
        if now.date() > table.until.date:
            yield Expired(where, table.until.date.isoformat())
        elif name not in files:
            yield StatementRefused(where, "the file could not be read")
        else:
            yield from _of_file(files[name], where, now, links)


def _of_file(
    data: bytes, where: Place, now: datetime, links: cyclonedx.Links
) -> Iterator[Statement | StatementRefused]:
    try:
        yield from _statements(canonical.decode(data), where, now, links)
    except DocumentError as error:
        yield StatementRefused(where, error.message)


def _statements(
    document: Any, where: Place, now: datetime, links: cyclonedx.Links
) -> Iterator[Statement | StatementRefused]:
    if not isinstance(document, dict):
        raise DocumentError("no object")
    if document.get("@context") == openvex.CONTEXT:
        return openvex.statements(document, where, now)
    if document.get("bomFormat") == "CycloneDX":
        view.view(document)
        return cyclonedx.statements(document, where, now, links)
    raise DocumentError(f"neither CycloneDX nor OpenVEX 0.2 (`@context`: {openvex.CONTEXT})")
