"""`workflow-release sbom`: what each artifact is made of, as CycloneDX."""

from __future__ import annotations

import argparse

from workflow_release.attesting.describe import describe
from workflow_release.building.build import build
from workflow_release.commands.interface import Shell
from workflow_release.commands.making import Job, output_folder, put_files, select


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Build what is asked for, describe it, and write the documents into a folder."""
    job = Job.of(asked, shell)
    chosen = select(job.plan.recipes, asked.only)
    folder = output_folder(asked.output, job.prepared.root)
    with job.workshop(shell) as shop:
        described = describe(build(shop, chosen), shop, job.requirements(shop.tree))
    files = (*described.sboms, described.release)
    put_files(((file.name, file.content or b"") for file in files), folder)
    if asked.json:
        shell.console.json([{"file": str(folder / f.name), "digest": str(f.digest)} for f in files])
        return 0
    shell.console.table(("sbom", "sha256"), [(file.name, file.digest.hex[:16]) for file in files])
    shell.console.result(f"in {folder}")
    return 0
