"""`workflow-containers sbom ARCHIVE`: what the images in it are made of, told from its bytes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from workflow_containers import __version__
from workflow_containers.commands.interface import Shell
from workflow_containers.inspecting.bill import describe_image
from workflow_containers.oci.layout import Layout
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.digest import Digest
from workflow_sbom.errors import UsageError
from workflow_sbom.formats import cyclonedx, spdx
from workflow_sbom.machine.files import write_whole
from workflow_sbom.merging.origin import FileForm, Origin, attributed
from workflow_sbom.model.document import Sbom
from workflow_sbom.terminal.moments import stated, unstated
from workflow_sbom.terminal.progress import stage

_RENDER = {"cyclonedx": cyclonedx.render, "spdx": spdx.render}
_STREAM = Path("-")


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Read it, every layer, and write its bill of materials."""
    if asked.json and asked.output == _STREAM:
        raise UsageError("--json tells what was written", remedy="say where with --output FILE")
    created = stated(asked.created, shell.environment) or _newest(asked.archive)
    with shell.console.progress() as progress, stage(progress, asked.archive.name):
        sbom = _described(asked.archive)
        content = _RENDER[asked.format](sbom, created=created, tool_version=__version__)
    if asked.output == _STREAM:
        shell.console.document(content)
    else:
        write_whole(asked.output, content)
        _tell(asked, sbom, content, shell)
    return 0


def _described(archive: Path) -> Sbom:
    artifact = ArtifactFile.measure(archive)
    return attributed(describe_image(artifact), Origin(), FileForm(artifact.name, "archive"))


def _newest(archive: Path) -> datetime:
    """When the newest of the images says it was made; raises `UsageError` where none does."""
    with Layout(archive) as layout:
        found = [*_times(layout)]
    if not found:
        raise unstated(f"{archive}: no image of it says when it was made")
    return max(found)


def _times(layout: Layout) -> Iterator[datetime]:
    for image in layout.images:
        try:
            moment = datetime.fromisoformat(str(image.config.get("created")))
            if moment.tzinfo is not None:
                yield moment.astimezone(UTC)
        except (ValueError, OverflowError):
            continue


def _tell(asked: argparse.Namespace, sbom: Sbom, content: bytes, shell: Shell) -> None:
    components, edges = sbom.counts()
    if asked.json:
        shell.console.json(
            {
                "sbom": str(asked.output),
                "digest": str(Digest.of(content)),
                "components": components,
                "edges": edges,
            }
        )
    else:
        row = (str(asked.output), str(components), str(edges))
        shell.console.table(("sbom", "components", "edges"), [row])
    shell.console.next_step(f"workflow-sbom check {asked.output}")
