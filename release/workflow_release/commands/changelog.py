"""`workflow-release changelog`: what changed since the last stable release."""

from __future__ import annotations

import argparse

from workflow_release.commands.interface import Shell
from workflow_release.planning.prepare import history
from workflow_release.repository.changes import changelog
from workflow_release.repository.history import decide


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Print Markdown, or with `--json` the changes as values."""
    read = history(shell.repository(asked.repository_path))
    version, source = decide(read), read.source
    if asked.json:
        from workflow_release.planning.plan import changes

        shell.console.json({"version": str(version), "changes": changes(read.changes)})
        return 0
    date = source.committed_at.date()
    shell.console.result(
        changelog(version, read.previous, date, read.changes, source.repository).rstrip("\n")
    )
    return 0
