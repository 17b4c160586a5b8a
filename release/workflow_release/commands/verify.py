"""`workflow-release verify DIR`: is this release what it says, and signed by whom it should be?"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from workflow_release.commands.interface import Shell
from workflow_release.errors import UsageError, VerificationError
from workflow_release.verifying.verdict import Line, Verdict
from workflow_release.verifying.verify import expectation, verify_directory
from workflow_sbom.canonical import Json
from workflow_sbom.terminal.console import Console
from workflow_sbom.terminal.sizes import in_units


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which folders, and what is expected of them."""

    folders: tuple[Path, ...]
    keys: tuple[Path, ...]
    repository: str | None
    version: str | None


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Print a line an artifact and a verdict; 0 only when everything holds for every folder."""
    request = Request(
        folders=folders(asked),
        keys=tuple(asked.key),
        repository=asked.repository,
        version=asked.version,
    )
    expected = expectation(shell.host, request.keys, request.repository, request.version)
    verdicts = [(folder, verify_directory(folder, expected)) for folder in request.folders]
    if asked.json:
        shell.console.json([document(folder, verdict) for folder, verdict in verdicts])
    else:
        for folder, verdict in verdicts:
            show(folder, verdict, shell.console)
    return 0 if all(verdict.ok for _, verdict in verdicts) else VerificationError.exit_code


def folders(asked: argparse.Namespace) -> tuple[Path, ...]:
    """The folders that are named, else the release made last; raises `UsageError` without any."""
    return tuple(asked.folders) or _newest(asked.repository_path / "dist")


def _newest(dist: Path) -> tuple[Path, ...]:
    """The release made last, when no folder is named."""
    made = [path.parent for path in dist.glob("*/release.json")]
    if not made:
        raise UsageError(
            f"no folder is named, and {dist} holds no release",
            remedy="name a release folder, or make one first: workflow-release cut",
        )
    return (max(made, key=lambda path: (path / "release.json").stat().st_mtime),)


def show(folder: Path, verdict: Verdict, console: Console) -> None:
    """The verdict for a person: artifacts, whatever is amiss, who signed, and the word."""
    console.result(f"{folder}")
    amiss = [each for each in verdict.lines if each.status != "verified"]
    shown = [*verdict.artifacts, *(each for each in amiss if each.role != "artifact")]
    rows = [(_word(each), each.name, _size(each), _short(each)) for each in shown]
    console.table(("verdict", "file", "size", "sha256"), rows)
    for finding in verdict.findings:
        console.say(f"error: {finding.gate}: {finding.subject}: {finding.message}")
        console.say(f"remedy: {finding.remedy}")
    if verdict.ok and verdict.release is not None:
        source = verdict.release.plan.source
        console.result(f"signed by {verdict.signer}")
        console.result(f"made from {source.repository or 'a local repository'} at {source.commit}")
        console.result(
            f"VERIFIED {verdict.release.plan.name} {verdict.release.plan.version}:"
            f" {len(verdict.artifacts)} artifacts, {len(verdict.lines)} files"
        )
    else:
        console.result("NOT VERIFIED: do not use these files")


def _word(line: Line) -> str:
    return "ok" if line.status == "verified" else "FAILED"


def _short(line: Line) -> str:
    return line.digest.hex[:16] if line.digest else "-"


def _size(line: Line) -> str:
    return "-" if line.size is None else in_units(line.size)


def document(folder: Path, verdict: Verdict) -> dict[str, Json]:
    """The verdict for a program."""
    return {
        "folder": str(folder),
        "ok": verdict.ok,
        "signer": str(verdict.signer.fingerprint) if verdict.signer else None,
        "version": str(verdict.release.plan.version) if verdict.release else None,
        "commit": verdict.release.plan.source.commit if verdict.release else None,
        "files": [
            {
                "name": each.name,
                "role": each.role,
                "status": each.status,
                "size": each.size,
                "digest": str(each.digest) if each.digest else None,
                "reason": each.reason,
            }
            for each in verdict.lines
        ],
        "findings": [
            {
                "gate": each.gate,
                "subject": each.subject,
                "message": each.message,
                "remedy": each.remedy,
            }
            for each in verdict.findings
        ],
    }
