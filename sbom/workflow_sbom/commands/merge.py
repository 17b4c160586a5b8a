"""`workflow-sbom merge A B…`: several documents as one that says what all of them say."""

from __future__ import annotations

import argparse

from workflow_sbom.commands import documents
from workflow_sbom.commands.interface import STREAM, Shell
from workflow_sbom.documents.merge import merge
from workflow_sbom.documents.view import Object
from workflow_sbom.errors import UsageError


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Merge them and write the result; what it can't keep, or does for it, is said."""
    subject = _subject(asked)
    merged = merge(documents.read_all(asked.files, shell), subject=subject)
    shell.write(merged.document(), asked.output)
    for notice in merged.notices:
        shell.console.say(f"note: {notice}")
    if asked.output != STREAM:
        shell.console.result(str(asked.output))
        shell.console.next_step(f"workflow-sbom diff {asked.files[0]} {asked.output}")
    return 0


def _subject(asked: argparse.Namespace) -> Object | None:
    """What the whole is about, if a person named it."""
    if asked.name is None:
        if asked.version is not None:
            raise UsageError("--version is of what --name names", remedy="give --name, too")
        return None
    if not asked.name.strip():
        raise UsageError("--name is empty", remedy="name what the documents are about together")
    component = {"type": "application", "name": asked.name}
    if asked.version is None:
        return component | {"bom-ref": f"merged:{asked.name}"}
    return component | {
        "version": asked.version,
        "bom-ref": f"merged:{asked.name}@{asked.version}",
    }
