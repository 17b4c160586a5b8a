"""What a command is handed: where to speak, the machine, and the way to run programs."""

from __future__ import annotations

from dataclasses import dataclass

from workflow_release.console import Console
from workflow_release.host import Host
from workflow_release.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The edges of one invocation."""

    console: Console
    host: Host
    run: Run
