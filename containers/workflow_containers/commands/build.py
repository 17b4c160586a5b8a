"""`workflow-containers build DEFINITION…`: an archive for each, from its locks and wheels."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from workflow_containers.building.builder import ImageArchive, build_archive
from workflow_containers.building.given import Inputs, Tools
from workflow_containers.commands import given
from workflow_containers.commands.checkout import Checkout
from workflow_containers.commands.interface import Shell
from workflow_containers.commands.working import tools_of
from workflow_containers.definition import Definition, load
from workflow_sbom import canonical
from workflow_sbom.terminal.sizes import in_units

Made = tuple[Definition, Inputs, ImageArchive]


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Build, then say what was made; nothing is built when anything that was asked for is wrong."""
    root = asked.root.absolute()
    output = (asked.output or root / "dist").absolute()
    checkout = Checkout(root=root, output=output, shell=shell)
    definitions = [*map(load, asked.definitions)]
    given.require_asked(definitions, asked.wheel, given.bundles(asked.bundle))
    wanted = [(each, _inputs(asked, each, checkout)) for each in definitions]
    tools = tools_of(asked, shell)
    with shell.console.progress() as progress:
        made = [
            (
                definition,
                inputs,
                _build(definition, inputs, replace(tools, progress=progress), output),
            )
            for definition, inputs in wanted
        ]
    if asked.json:
        shell.console.json([_document(*each) for each in made])
    else:
        _tell(made, shell)
    return 0


def _inputs(asked: argparse.Namespace, definition: Definition, checkout: Checkout) -> Inputs:
    wheels = given.wheels(definition, asked.wheel, checkout.root / "dist")
    return Inputs(
        version=given.version(asked.version, definition, wheels),
        created=given.created(asked.created, checkout.shell.environment, checkout),
        annotations=checkout.annotations,
        wheels=wheels,
        bundles=given.bundles(asked.bundle),
        root=checkout.root,
    )


def _build(definition: Definition, inputs: Inputs, tools: Tools, output: Path) -> ImageArchive:
    path = output / f"{definition.name}-{inputs.version}.oci.tar"
    return build_archive(definition, inputs, tools, path)


def _tell(made: list[Made], shell: Shell) -> None:
    shell.console.table(
        ("image", "platform", "packed", "index", "manifest", "config"),
        [row for each in made for row in _rows(*each)],
    )
    for _, _, archive in made:
        shell.console.result(str(archive.path))
        if archive.renewal is not None:
            changes = ", ".join(map(str, archive.renewal.changes))
            shell.console.say(f"the mirror dropped locked packages, resolved again: {changes}")
    first = made[0][2].path
    shell.console.next_step(f"workflow-containers push {shlex.quote(str(first))} REGISTRY/NAME")


def _rows(
    definition: Definition, inputs: Inputs, archive: ImageArchive
) -> Iterator[tuple[str, ...]]:
    for image in archive.images:
        yield (
            f"{definition.name}:{inputs.version}",
            str(image.platform),
            in_units(sum(layer.size for layer in image.layers)),
            archive.index_digest.hex[:12],
            image.manifest.hex[:12],
            image.config.hex[:12],
        )


def _document(definition: Definition, inputs: Inputs, archive: ImageArchive) -> canonical.Json:
    return {
        "name": definition.name,
        "version": inputs.version,
        "path": str(archive.path),
        "digest": str(archive.digest),
        "size": archive.size,
        "index": str(archive.index_digest),
        "renewed-lock": str(archive.renewal.lock) if archive.renewal else None,
        "platforms": {
            str(image.platform): {
                "manifest": str(image.manifest),
                "config": str(image.config),
                "layers": [
                    {"name": layer.name, "digest": str(layer.digest), "size": layer.size}
                    for layer in image.layers
                ],
            }
            for image in archive.images
        },
    }
