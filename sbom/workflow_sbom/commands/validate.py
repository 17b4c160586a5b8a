"""`workflow-sbom validate FILE…`: is each document what its specification allows?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_sbom import canonical
from workflow_sbom.commands.interface import STREAM, Shell, named
from workflow_sbom.documents.checking import notices
from workflow_sbom.documents.view import decode, view
from workflow_sbom.errors import DocumentError, Fault, InvalidDocumentError, SbomError
from workflow_sbom.formats import schemas
from workflow_sbom.terminal.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A document, what it says it is (`CycloneDX 1.7`), and its faults; `json`: could be read.

    `notices` are what its specification demands and no schema can say; they keep no one from
    reading it.
    """

    name: str
    format: str
    faults: tuple[Fault, ...]
    notices: tuple[Fault, ...] = ()
    json: bool = True


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Check every file; prints a table and every fault, or JSON."""
    judged = [_judge(path, shell) for path in asked.files]
    if asked.json:
        shell.console.json([_document(each) for each in judged])
    else:
        _show(judged, shell.console)
    if code := _ended(judged, shell.console):
        return code
    if asked.files[0] != STREAM:
        shell.console.next_step(f"workflow-sbom check {asked.files[0]}")
    return 0


def _judge(path: Path, shell: Shell) -> Judged:
    try:
        document = decode(shell.read(path))
    except OSError as error:
        return _unread(path, f"can't be read: {error.strerror}")
    except DocumentError as error:
        return _unread(path, str(error))
    faults, told = _judged(document)
    return Judged(name=named(path), format=_format(document), faults=faults, notices=told)


def _judged(document: Any) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Its faults, and what there is to notice in one without."""
    if not isinstance(document, dict) or "spdxVersion" in document:
        return schemas.faults(document), ()
    try:
        return (), notices(view(document))
    except InvalidDocumentError as error:
        return error.faults, ()


def _unread(path: Path, told: str) -> Judged:
    return Judged(name=named(path), format="-", faults=(Fault("", told),), json=False)


def _format(document: Any) -> str:
    match document:
        case {"bomFormat": "CycloneDX", "specVersion": str(spec)}:
            return f"CycloneDX {spec[:20]}"
        case {"spdxVersion": str(version)}:
            return version[:20].replace("-", " ")
        case _:
            return "-"


def _show(judged: Sequence[Judged], console: Console) -> None:
    rows = [
        (
            "FAILED" if each.faults else "ok",
            each.name,
            each.format,
            str(len(each.faults)),
            str(len(each.notices)),
        )
        for each in judged
    ]
    console.table(("verdict", "document", "format", "faults", "notices"), rows)
    for each in judged:
        for fault in each.faults:
            console.result(f"{each.name}: {fault}")
        for notice in each.notices:
            console.result(f"{each.name}: notice: {notice}")


def _document(judged: Judged) -> canonical.Json:
    return {
        "document": judged.name,
        "format": judged.format,
        "valid": not judged.faults,
        "faults": [*map(_told, judged.faults)],
        "notices": [*map(_told, judged.notices)],
    }


def _told(fault: Fault) -> canonical.Json:
    return {"path": fault.path, "message": fault.message, "remedy": fault.remedy}


def _ended(judged: Sequence[Judged], console: Console) -> int:
    """0, or the error of the first kind there is: no JSON goes before invalid."""
    failed = [each for each in judged if each.faults]
    if not failed:
        return 0
    kind: type[SbomError] = InvalidDocumentError if all(e.json for e in failed) else DocumentError
    told = f"{len(failed)} of {len(judged)} documents can't be accepted"
    console.error(SbomError(told, remedy="mend what is named above, or make the document again"))
    return kind.exit_code
