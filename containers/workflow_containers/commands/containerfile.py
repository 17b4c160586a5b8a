"""`workflow-containers containerfile FOLDER`: build a Containerfile through Docker."""

from __future__ import annotations

import argparse

from workflow_containers.commands.interface import Shell
from workflow_containers.engine.connecting import connect
from workflow_containers.engine.containerfile import REPRODUCIBLE, Made, Wanted, build
from workflow_containers.engine.context import Context, Git


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Build it and write the archive; prints where it is and its digests."""
    folder = asked.folder.absolute()
    wanted = Wanted(
        context=Context(folder=folder, file=asked.file, tracked=not asked.untracked),
        name=asked.name,
        version=asked.version,
        network=asked.network,
    )
    git = Git(run=shell.run, environment=shell.environment)
    destination = asked.output.absolute()
    with connect(shell.environment, asked.engine) as engine:
        made = build(engine, wanted, git, shell.store, destination, shell.console.say)
    if asked.json:
        shell.console.json(_document(made, str(asked.output)))
    else:
        rows = [(name, str(value)) for name, value in _document(made, str(asked.output)).items()]
        shell.console.table(("what", "which"), rows)
    shell.console.say(f"not reproducible, and so marked ({REPRODUCIBLE}): no stable release has it")
    shell.console.next_step(f"workflow-containers run {asked.output}")
    return 0


def _document(made: Made, path: str) -> dict[str, str | int]:
    return {
        "path": path,
        "platform": str(made.platform),
        "size": made.measured.size,
        "archive": str(made.measured.digest),
        "index": str(made.index),
        "manifest": str(made.manifest),
        "config": str(made.config),
    }
