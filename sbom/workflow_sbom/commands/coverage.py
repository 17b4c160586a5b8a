"""`workflow-sbom coverage FILE…`: what explains each entry of archives; 48 when one is left."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, assert_never

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

from workflow_sbom import canonical
from workflow_sbom.commands.interface import Shell
from workflow_sbom.coverage.folder import project_in
from workflow_sbom.coverage.interfaces import InterfaceOrigin, cover_interface
from workflow_sbom.coverage.ledger import Generated, Ledger, Line, Owned, Unexplained
from workflow_sbom.coverage.sdists import cover_sdist
from workflow_sbom.coverage.wheels import cover_wheel
from workflow_sbom.errors import CoverageError, InventoryError, UsageError
from workflow_sbom.making.kinds import Kind, recognise
from workflow_sbom.terminal.console import Console

_SHOWN = 100
_LOCK, _MODULES = "package-lock.json", "build/modules.json"


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Go through them and tell; raises `CoverageError` when anything is left."""
    ledgers = [_ledger(path, asked, shell) for path in asked.files]
    if asked.json:
        shell.console.json({"archives": [*map(_document, ledgers)]})
    else:
        _show(ledgers, shell.console)
    _require_explained(asked.files, ledgers)
    return 0


def _require_explained(files: Sequence[Path], ledgers: Sequence[Ledger]) -> None:
    left = [sum(1 for _ in ledger.unexplained()) for ledger in ledgers]
    faults = [
        f"{path}: nothing explains {count} of {len(ledger.lines)} entries"
        for path, ledger, count in zip(files, ledgers, left, strict=True)
        if count
    ]
    if faults:
        raise CoverageError("\n".join(faults), remedy="build it again, or find out who changed it")


def _ledger(path: Path, asked: argparse.Namespace, shell: Shell) -> Ledger:
    found = recognise(path)
    shell.console.say(f"{path}: {found.kind.value}")
    match found.kind:
        case Kind.WHEEL:
            version = _version(path) if asked.source else ""
            origin = project_in(asked.source, version) if asked.source else None
            return cover_wheel(path, origin=origin)
        case Kind.SDIST:
            return cover_sdist(path, project_in(_source(path, asked), _version(path)))
        case Kind.WEB:
            return cover_interface(path, _interface(path, asked, shell))
        case Kind.GO | Kind.ENVIRONMENT | Kind.WHEELS:
            raise InventoryError(
                f"{path}: {found.kind.value}, of which there is no list of entries",
                remedy="name a wheel, a source distribution, or a web interface's archive",
            )
        case _:
            assert_never(found.kind)


def _source(path: Path, asked: argparse.Namespace) -> Path:
    if asked.source is None:
        raise UsageError(
            f"{path}: it has no list of its own entries",
            remedy="name the folder of the project it was made from with --source DIR",
        )
    source: Path = asked.source
    return source


def _version(path: Path) -> str:
    """By the file's own name."""
    try:
        if path.name.endswith(".whl"):
            return str(parse_wheel_filename(path.name)[1])
        return str(parse_sdist_filename(path.name)[1])
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise InventoryError(
            f"{path}: its name tells no version: {error}",
            remedy="give it the name it was built with",
        ) from error


def _interface(path: Path, asked: argparse.Namespace, shell: Shell) -> InterfaceOrigin:
    source = _source(path, asked)
    modules = source / _MODULES
    if asked.version is None:
        raise UsageError(
            f"{path}: a web interface, which its release gave a version",
            remedy="name it with --version",
        )
    return InterfaceOrigin(
        origin=project_in(source, asked.version),
        lock=shell.read(source / _LOCK),
        modules=shell.read(modules) if modules.is_file() else None,
        version=asked.version,
    )


def _show(ledgers: Sequence[Ledger], console: Console) -> None:
    for ledger in ledgers:
        if len(ledgers) > 1:
            console.result(f"{ledger.subject}:")
        console.table(("entries", "explained by", "count", "how"), [*_rows(ledger)])
    left = [
        (ledger.subject, entry.path, why.reason)
        for ledger in ledgers
        for entry, why in ledger.unexplained()
    ]
    if left:
        console.result("")
        console.table(("archive", "not explained", "why"), left[:_SHOWN])
    if len(left) > _SHOWN:
        console.result(f"and {len(left) - _SHOWN} more; --json has them all")


def _rows(ledger: Ledger) -> Iterator[tuple[str, str, str, str]]:
    """A row for each owner and each rule, then what is left."""
    counts = Counter(map(_group, ledger.lines))
    for (entries, by, how), count in sorted(counts.items()):
        if entries:
            yield entries, by, str(count), how
    yield "unexplained", "", str(counts["", "", ""]), ""


def _group(line: Line) -> tuple[str, str, str]:
    match line.why:
        case Owned(owner, proof):
            return "owned", owner, proof
        case Generated(rule):
            return "made again", rule, ""
        case Unexplained():
            return "", "", ""
        case _:
            assert_never(line.why)


def _document(ledger: Ledger) -> canonical.Json:
    return {
        "subject": ledger.subject,
        "explained": not any(True for _ in ledger.unexplained()),
        "owners": dict(ledger.owners()),
        "rules": dict(ledger.rules()),
        "entries": [*map(_entry, ledger.lines)],
    }


def _entry(line: Line) -> dict[str, Any]:
    entry = line.entry
    known = {"path": entry.path, "kind": entry.kind}
    if entry.digest is not None:
        known["digest"] = str(entry.digest)
    if entry.target is not None:
        known["target"] = entry.target
    match line.why:
        case Owned(owner, proof):
            return {**known, "owner": owner, "proof": proof}
        case Generated(rule):
            return {**known, "rule": rule}
        case Unexplained(reason):
            return {**known, "unexplained": reason}
        case _:
            assert_never(line.why)
