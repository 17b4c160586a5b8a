"""`workflow-release sbom`: what each artifact is made of, as CycloneDX."""

from __future__ import annotations

import argparse

from workflow_release.build import build
from workflow_release.commands.interface import Shell
from workflow_release.commands.making import (
    committed_lock,
    output_folder,
    put_files,
    select,
    workshop,
)
from workflow_release.describe import describe
from workflow_release.prepare import prepare


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Build what is asked for, describe it, and write the documents into a folder."""
    repository = shell.repository(asked.repository_path)
    prepared = prepare(repository)
    chosen = select(prepared.plan.recipes, asked.only)
    named = prepared.config.build.requirements
    with shell.console.progress() as progress:
        shop = workshop(prepared, repository, shell, asked, progress)
        artifacts = build(shop, chosen)
        locked = committed_lock(named.path, repository, shop.tree) if named else None
        described = describe(artifacts, shop, locked)
    files = (*described.sboms, described.release)
    folder = output_folder(asked, repository.folder)
    put_files(((file.name, file.content or b"") for file in files), folder)
    if asked.json:
        shell.console.json([{"file": str(folder / f.name), "digest": str(f.digest)} for f in files])
        return 0
    shell.console.table(("sbom", "sha256"), [(file.name, file.digest.hex[:16]) for file in files])
    shell.console.result(f"in {folder}")
    return 0
