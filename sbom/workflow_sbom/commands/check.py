"""`workflow-sbom check FILE…`: do documents meet a policy? Yes, no and unknown have codes each."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from workflow_sbom import canonical
from workflow_sbom.commands import documents
from workflow_sbom.commands.interface import Shell, named
from workflow_sbom.errors import (
    Fault,
    RefusedError,
    SbomError,
    TableError,
    UndecidedError,
    UsageError,
)
from workflow_sbom.policy import opening, telling
from workflow_sbom.policy.check import World, check
from workflow_sbom.policy.findings import Weight, remedy, weight, what
from workflow_sbom.policy.items import Named
from workflow_sbom.policy.table import Day, InFolder, Policy, VexTable
from workflow_sbom.policy.verdict import DatabaseUsed, Verdict
from workflow_sbom.terminal.console import Console
from workflow_sbom.terminal.moments import instant
from workflow_sbom.terminal.progress import Progress, stage

_REMEDY = "each finding above says what to do about it"
_SHOWN = 5
_INDENT = ("",) * (_SHOWN + 2)
_WEIGHTS: dict[Weight, str] = {"fail": "FAILED", "unknown": "unknown", "told": "told"}
_COUNTED: dict[Weight, str] = {"fail": "failed", "unknown": "not known"}


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Judge all documents together; prints every finding, or JSON."""
    now = instant("--at", asked.at) if asked.at else shell.now()
    policy = _policy(asked.policy)
    read = documents.read_all(asked.files, shell)
    given = [Named(named(path), each) for path, each in zip(asked.files, read, strict=True)]
    with shell.console.progress() as progress, _one_stage(progress):
        world = opening.world(policy, asked.policy.parent, given, now=now, database=asked.osv)
        verdict = check(given, *_with_statements(policy, world, asked.vex, shell))
    if asked.json:
        shell.console.json(_document(verdict, now))
    else:
        _show(verdict, shell.console)
    return _ended(verdict, asked.policy, shell.console, stable=asked.stable)


@contextmanager
def _one_stage(progress: Progress) -> Iterator[None]:
    progress.expect(1)
    with stage(progress, "check"):
        yield


def _policy(path: Path) -> Policy:
    try:
        return opening.read(path)
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: no policy is there",
            remedy="name one with --policy FILE; workflow-sbom schema policy tells what it says",
        ) from error
    except TableError as error:
        faults = [Fault(f"{path}: {each.path}", each.message, each.remedy) for each in error.faults]
        raise TableError(faults) from error


def _with_statements(
    policy: Policy, world: World, files: Sequence[Path], shell: Shell
) -> tuple[Policy, World]:
    """VEX files of the command line count today, beside those that the policy names."""
    today = Day(world.now.date())
    tables = tuple(VexTable(file=InFolder(PurePosixPath(path)), until=today) for path in files)
    read = {str(PurePosixPath(path)): shell.read(path) for path in files}
    return (
        replace(policy, vex=(*policy.vex, *tables)),
        replace(world, vex={**world.vex, **read}),
    )


def _show(verdict: Verdict, console: Console) -> None:
    for heading, text in _facts(verdict):
        console.result(f"{heading:<9}{text}")
    for each in telling.told(verdict.findings):
        lines = [each.what, *each.places(_SHOWN), *([f"-> {each.remedy}"] if each.remedy else [])]
        for heading, line in zip((_WEIGHTS[each.weight], *_INDENT), lines, strict=False):
            console.result(f"{heading:<9}{line}")


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    if (used := verdict.database) is not None:
        yield "database", f"{used.name}, {_as_of(used)}, {used.records} records, {used.digest}"
    for score in verdict.scores:
        yield "quality", f"{score.total} of 100: {score.document}"


def _as_of(used: DatabaseUsed) -> str:
    return f"of {used.as_of:%Y-%m-%d}" if used.as_of else "of no known day"


def _document(verdict: Verdict, now: datetime) -> canonical.Json:
    used = verdict.database
    return {
        "answer": verdict.answer,
        "at": now.isoformat(),
        "database": None
        if used is None
        else {
            "name": used.name,
            "digest": str(used.digest),
            "as-of": used.as_of.isoformat() if used.as_of else None,
            "records": used.records,
        },
        "quality": [
            {
                "document": each.document,
                "score": each.total,
                "categories": dict(each.categories),
            }
            for each in verdict.scores
        ],
        "findings": [
            {
                "kind": type(each).__name__,
                "weight": weight(each),
                "document": each.where.document,
                "path": each.where.path,
                "purl": each.where.purl,
                "message": what(each),
                "remedy": remedy(each),
            }
            for each in verdict.findings
        ],
    }


def _ended(verdict: Verdict, policy: Path, console: Console, *, stable: bool) -> int:
    told = ", ".join(
        f"{len(found)} {shown}"
        for asked, shown in _COUNTED.items()
        if (found := verdict.weighing(asked))
    )
    if verdict.stops(stable=stable):
        error: SbomError = RefusedError(f"{policy} refuses: {told}", remedy=_REMEDY)
    elif verdict.answer == "unknown":
        error = UndecidedError(f"{policy} can't tell: {told}", remedy=_REMEDY)
    else:
        console.say(f"{policy} is met")
        return 0
    console.error(error)
    return error.exit_code
