"""`workflow-containers smoke DEFINITION ARCHIVE`: the gate an image passes before it goes out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_containers import definition
from workflow_containers.commands.interface import Shell
from workflow_containers.engine.connecting import connect
from workflow_containers.engine.gate import Gate, Passed
from workflow_containers.engine.machine import ThisMachine
from workflow_containers.engine.trying import Patience
from workflow_containers.errors import DefinitionError
from workflow_containers.smoke import Smoke
from workflow_sbom.errors import Fault, UsageError


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Load it and try it; a table of the steps, or a document."""
    smoke = _smoke(asked.definition)
    if asked.wait < 1:
        raise UsageError(f"--wait: {asked.wait} seconds", remedy="give 1 or more")
    with connect(shell.environment, asked.engine) as engine, shell.console.progress() as progress:
        gate = Gate(
            engine=engine,
            machine=ThisMachine(),
            progress=progress,
            patience=Patience(start=asked.wait),
        )
        passed = gate.passed(asked.archive, smoke)
        version = engine.facts.version
    if asked.json:
        shell.console.json(_document(passed, version))
    else:
        shell.console.table(("step", "result", "took"), [*_rows(passed)])
    shell.console.next_step(f"workflow-containers push {asked.archive}")
    return 0


def _smoke(path: Path) -> Smoke:
    smoke = definition.load(path).smoke
    if smoke is None:
        raise DefinitionError(str(path), [Fault("smoke", "missing", "say how the image is tried")])
    return smoke


def _rows(passed: Passed) -> Iterator[tuple[str, str, str]]:
    outcome = passed.outcome
    brought = "ok" if passed.loaded.brought else "reused"
    yield "load", brought, _seconds(passed.loaded_after)
    yield "check", str(passed.loaded.id), ""
    if outcome.healthy_after is not None:
        yield "healthy", "ok", _seconds(outcome.healthy_after)
    for each in outcome.answered:
        yield f"GET {each.path}", str(each.status), _seconds(each.after)
    yield "end", f"exit code {outcome.exit_code}", _seconds(outcome.ended_after)


def _document(passed: Passed, engine: str) -> dict[str, Any]:
    """Times are in seconds."""
    outcome = passed.outcome
    return {
        "engine": engine,
        "platform": str(passed.loaded.image.platform),
        "image": str(outcome.image),
        "config": str(passed.loaded.image.config_digest),
        "manifest": str(passed.loaded.image.manifest),
        "version": passed.loaded.version,
        "reused": not passed.loaded.brought,
        "loaded_after": round(passed.loaded_after, 3),
        "healthy_after": _rounded(outcome.healthy_after),
        "answered": [
            {"path": each.path, "status": each.status, "after": round(each.after, 3)}
            for each in outcome.answered
        ],
        "ended_after": round(outcome.ended_after, 3),
        "exit_code": outcome.exit_code,
    }


def _seconds(taken: float) -> str:
    return f"{taken:.2f} s"


def _rounded(taken: float | None) -> float | None:
    return None if taken is None else round(taken, 3)
