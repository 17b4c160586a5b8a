"""`workflow-sbom schema policy`: the JSON Schema of a policy, for editors that complete it."""

from __future__ import annotations

import argparse

from workflow_sbom.commands.interface import Shell
from workflow_sbom.policy import table


def run(_: argparse.Namespace, shell: Shell) -> int:
    """Print it."""
    shell.console.json(table.schema())
    return 0
