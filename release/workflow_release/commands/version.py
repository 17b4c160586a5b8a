"""`workflow-release version`: the version of this commit."""

from __future__ import annotations

import argparse

from workflow_release.commands.interface import Shell
from workflow_release.planning.prepare import history
from workflow_release.repository.history import decide


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Print it in one format, or with `--json` in all of them."""
    read = history(shell.repository(asked.repository_path))
    version = decide(read)
    if not asked.json:
        shell.console.result(version.render(asked.format))
        return 0
    from workflow_release.planning.plan import versions

    commit = read.source.commit
    shell.console.json({**versions(version), "publishable": version.publishable, "commit": commit})
    return 0
