"""`workflow-containers schema`: the JSON Schema of image definitions, for editors."""

from __future__ import annotations

import argparse

from workflow_containers.commands.interface import Shell
from workflow_containers.definition import Definition
from workflow_sbom import tables


def run(_: argparse.Namespace, shell: Shell) -> int:
    """Print it."""
    shell.console.json(tables.schema(Definition, "A container image"))
    return 0
