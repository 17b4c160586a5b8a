"""`workflow-containers pull REFERENCE`: an image from a registry into an OCI layout archive."""

from __future__ import annotations

import argparse

from workflow_containers.commands.interface import Shell
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.registry.client import Client
from workflow_containers.registry.fetching import Fetcher
from workflow_containers.registry.pull import Pulled, pull
from workflow_sbom.terminal.sizes import in_units


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Pull; prints the archive and what the registry and the archive name by digest."""
    reference = Reference.parse(asked.reference)
    platform = Platform.parse(asked.platform) if asked.platform else None
    client = Client(transport=shell.connect(asked.plain_http))
    with shell.console.progress() as progress:
        fetcher = Fetcher(client=client, store=shell.store, progress=progress)
        pulled = pull(fetcher, reference, asked.output, platform)
    if asked.json:
        shell.console.json(_document(pulled))
    else:
        _report(pulled, shell)
    shell.console.next_step(f"docker load --input {pulled.path}")
    return 0


def _report(pulled: Pulled, shell: Shell) -> None:
    size = sum(layer.size for layer in pulled.fetched)
    row = (
        str(pulled.path),
        ", ".join(map(str, pulled.platforms)),
        in_units(pulled.archive.size),
        f"{len(pulled.fetched)} of {len(pulled.layers)} layers ({in_units(size)})",
    )
    shell.console.table(("archive", "platforms", "size", "fetched"), [row])
    shell.console.result(str(Reference(pulled.reference.repository, digest=pulled.source)))
    if not pulled.is_same:
        shell.console.say(
            f"the archive's index is {pulled.index}: it was made for the images that were kept"
        )


def _document(pulled: Pulled) -> dict[str, object]:
    """The result for a program."""
    return {
        "archive": str(pulled.path),
        "size": pulled.archive.size,
        "digest": str(pulled.archive.digest),
        "reference": str(Reference(pulled.reference.repository, digest=pulled.source)),
        "index": str(pulled.index),
        "platforms": [str(platform) for platform in pulled.platforms],
        "layers": [
            {"digest": str(x.digest), "size": x.size, "fetched": x in pulled.fetched}
            for x in pulled.layers
        ],
    }
