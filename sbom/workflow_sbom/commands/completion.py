"""`workflow-sbom completion SHELL`: a script that completes this command line."""

from __future__ import annotations

import argparse

import shtab

from workflow_sbom.cli import LINE
from workflow_sbom.commands.interface import Shell


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Print it; evaluate the output in the shell's start file."""
    shell.console.result(shtab.complete(LINE.whole_parser(), shell=asked.shell))
    return 0
