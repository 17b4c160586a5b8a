"""`workflow-containers referrers REFERENCE`: what was attached to an image, and its files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workflow_containers.commands.interface import Shell
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.registry import saving, subject
from workflow_containers.registry.artifact import TITLE, Referrer, file_name
from workflow_containers.registry.client import Client
from workflow_containers.registry.referrers import fetch, referrers
from workflow_containers.registry.subject import Subject

Saved = Mapping[tuple[Referrer, Descriptor], Path]


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """List them, or download the files of them all; prints a table, paths, or JSON."""
    platform = Platform.parse(asked.platform) if asked.platform else None
    client = Client(transport=shell.connect(asked.plain_http))
    found = subject.find(client, Reference.parse(asked.reference), platform)
    listed = referrers(client, found, asked.type or "")
    saved = _save(client, found, listed, asked.download) if asked.download is not None else {}
    if asked.json:
        shell.console.json([_shown(each, saved) for each in listed])
    elif asked.download is not None:
        for path in saved.values():
            shell.console.result(str(path))
    else:
        _table(listed, shell)
    if not listed:
        shell.console.say(f"nothing refers to {found}")
    return 0


def _save(
    client: Client, found: Subject, listed: Sequence[Referrer], folder: Path
) -> dict[tuple[Referrer, Descriptor], Path]:
    """Every file in a folder of its referrer; all names are looked at before one is written."""
    planned = {
        (each, file): folder / f"sha256-{each.digest.hex}" / file_name(file)
        for each in listed
        for file in each.files
    }
    for (_, file), path in planned.items():
        saving.save(fetch(client, found, file), path, file.digest)
    return planned


def _title(file: Descriptor) -> str:
    """What it says it is called; only shown, so it may say anything."""
    return file.annotations.get(TITLE, str(file.digest))


def _table(listed: Sequence[Referrer], shell: Shell) -> None:
    rows = [
        (str(each.digest), each.artifact_type, ", ".join(map(_title, each.files)))
        for each in listed
    ]
    if rows:
        shell.console.table(("digest", "type", "files"), rows)


def _shown(referrer: Referrer, saved: Saved) -> dict[str, Any]:
    return {
        "digest": str(referrer.digest),
        "type": referrer.artifact_type,
        "annotations": dict(referrer.annotations),
        "files": [
            file.value()
            | ({"path": str(path)} if (path := saved.get((referrer, file))) is not None else {})
            for file in referrer.files
        ],
    }
