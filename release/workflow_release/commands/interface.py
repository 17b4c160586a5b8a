"""What a command is handed: where to speak, the machine, and the way to run programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workflow_release.machine.host import Host
from workflow_release.machine.run import Run
from workflow_release.repository.checkout import root_of
from workflow_release.repository.git import Repository
from workflow_sbom.terminal.console import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The edges of one invocation."""

    console: Console
    host: Host
    run: Run

    def repository(self, start: Path) -> Repository:
        """The repository around a folder; raises `SourceError`."""
        return Repository(folder=root_of(start), run=self.run, environment=self.host.environment)
