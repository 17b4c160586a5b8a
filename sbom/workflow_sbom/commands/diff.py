"""`workflow-sbom diff A B`: what a document adds, drops and changes. 0 for nothing, as diff(1)."""

from __future__ import annotations

import argparse

from workflow_sbom.commands import documents
from workflow_sbom.commands.interface import Shell
from workflow_sbom.documents import telling
from workflow_sbom.documents.diff import compare
from workflow_sbom.errors import SbomError

SAME, DIFFERENT = 0, 1


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Compare, then say it; no failure has the exit code of a difference."""
    try:
        return _run(asked, shell)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SbomError(
            f"can't be compared: {error.strerror}", remedy="is the disk full?"
        ) from error


def _run(asked: argparse.Namespace, shell: Shell) -> int:
    old, new = documents.read_all((asked.old, asked.new), shell)
    difference = compare(old, new)
    if asked.json:
        shell.console.json(telling.encoded(difference))
        return DIFFERENT if difference else SAME
    rows = list(telling.rows(difference, every_edge=asked.edges))
    if rows:
        shell.console.table(telling.COLUMNS, rows)
    shell.console.result(telling.summary(difference))
    return DIFFERENT if difference else SAME
