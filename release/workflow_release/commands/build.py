"""`workflow-release build`: artifacts, without statements or signatures."""

from __future__ import annotations

import argparse

from workflow_release.building.build import build
from workflow_release.commands.interface import Shell
from workflow_release.commands.making import Job, output_folder, put_files, select


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Build all or some artifacts into a folder and say what was made."""
    job = Job.of(asked, shell)
    chosen = select(job.plan.recipes, asked.only)
    folder = output_folder(asked.output, job.prepared.root)
    with job.workshop(shell) as shop:
        artifacts = build(shop, chosen)
    put_files(((artifact.name, artifact.path) for artifact in artifacts), folder)
    if asked.json:
        shell.console.json(
            [
                {"id": a.recipe, "file": str(folder / a.name), "digest": str(a.digest)}
                for a in artifacts
            ]
        )
        return 0
    rows = [(a.recipe, a.name, f"{a.size / 1e6:.2f} MB", a.digest.hex[:16]) for a in artifacts]
    shell.console.table(("artifact", "file", "size", "sha256"), rows)
    shell.console.result(f"in {folder}")
    shell.console.next_step("workflow-release cut --verify makes and signs the whole release")
    return 0
