"""Commands of `workflow-containers` in this process, with a home and streams of their own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from support.outcome import Outcome
from workflow_containers.cli import LINE
from workflow_containers.commands.interface import Shell
from workflow_containers.run import run
from workflow_sbom.errors import ToolkitError
from workflow_sbom.terminal.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerDesk:
    """Where a person works with images; `home` holds the store and Docker's configuration."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str) -> Outcome:
        """Run a command; an error is told as the command line tells it."""
        out, err = io.StringIO(), io.StringIO()
        console = Console(out=out, err=err, colour=False, live=False)
        environment = {"HOME": str(self.home), **self.environment}
        shell = Shell(console=console, environment=environment, run=run)
        try:
            asked = LINE.parse(words)
            code = int(import_module(f"{LINE.package}.{asked.command}").run(asked, shell))
        except ToolkitError as error:
            console.error(error)
            code = error.exit_code
        return Outcome(code=code, out=out.getvalue(), err=err.getvalue())
