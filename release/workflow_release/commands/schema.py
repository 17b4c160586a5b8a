"""`workflow-release schema`: the JSON Schema of `release.toml`, for editors that complete it."""

from __future__ import annotations

import argparse

from workflow_release.commands.interface import Shell
from workflow_release.planning import config as configuration


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Print it."""
    del asked
    shell.console.json(configuration.schema())
    return 0
