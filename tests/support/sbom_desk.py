"""Commands of `workflow-sbom` in this process, with an environment, a time and streams of ours."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module

from support.outcome import Outcome
from workflow_sbom.cli import LINE
from workflow_sbom.commands.interface import Shell
from workflow_sbom.errors import ToolkitError
from workflow_sbom.terminal.console import Console

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomDesk:
    """Where a person works with documents; `piped` is what is on standard input."""

    environment: Mapping[str, str] = field(default_factory=dict)
    now: datetime = NOW
    piped: bytes = b""

    def run(self, *words: object) -> Outcome:
        """Run a command; an error is told as the command line tells it."""
        out, err = io.StringIO(), io.StringIO()
        console = Console(out=out, err=err, colour=False, live=False)
        shell = Shell(
            console=console,
            environment=self.environment,
            now=lambda: self.now,
            piped=lambda limit: self.piped[: limit + 1],
        )
        try:
            asked = LINE.parse([str(word) for word in words])
            code = int(import_module(f"{LINE.package}.{asked.command}").run(asked, shell))
        except ToolkitError as error:
            console.error(error)
            code = error.exit_code
        return Outcome(code=code, out=out.getvalue(), err=err.getvalue())
