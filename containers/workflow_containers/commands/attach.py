"""`workflow-containers attach REFERENCE FILE…`: SBOMs, signatures, provenance beside an image."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from workflow_containers.commands.interface import Shell
from workflow_containers.oci.content import Content
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.registry import subject
from workflow_containers.registry.artifact import Artifact, ArtifactFile
from workflow_containers.registry.client import Client
from workflow_containers.registry.file_types import (
    MAX_BUNDLE,
    SIGSTORE,
    bundle_annotations,
    endings,
    known_type,
)
from workflow_containers.registry.referrers import MAX_FILE, Attacher, attach
from workflow_containers.registry.uploads import Uploads
from workflow_sbom.digest import measure_file
from workflow_sbom.errors import UsageError
from workflow_sbom.printable import printable

_UNKNOWN = "application/octet-stream"
_EPOCH = "SOURCE_DATE_EPOCH"


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Attach them as one artifact; prints its name by digest."""
    reference = Reference.parse(asked.reference)
    artifact = _artifact(asked, shell.environment)
    platform = Platform.parse(asked.platform) if asked.platform else None
    client = Client(transport=shell.connect(asked.plain_http))
    found = subject.find(client, reference, platform)
    made = attach(Attacher(uploads=Uploads(client=client), clock=shell.clock), found, artifact)
    name = str(Reference(found.repository, digest=made.digest))
    if asked.json:
        shell.console.json(
            {"reference": name, "subject": str(found.descriptor.digest)} | made.value()
        )
    else:
        shell.console.result(name)
    shell.console.next_step(f"workflow-containers referrers {found}")
    return 0


def _artifact(asked: argparse.Namespace, environment: Mapping[str, str]) -> Artifact:
    """What the files are together; raises `UsageError` where nobody can tell."""
    files = tuple(_file(path, asked.media_type) for path in asked.files)
    kind = asked.type or _common_type(files)
    return Artifact(
        artifact_type=kind,
        files=files,
        annotations=_annotations(kind, asked.files),
        created=_created(environment),
    )


def _file(path: Path, media_type: str | None) -> ArtifactFile:
    try:
        if (size := path.stat().st_size) > MAX_FILE:
            raise UsageError(f"{path}: {size} bytes", remedy=f"attach at most {MAX_FILE}")
        measured = measure_file(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="name a file to attach") from error
    return ArtifactFile(
        name=path.name,
        media_type=media_type or known_type(path.name) or _UNKNOWN,
        content=Content.at(path, measured.size, measured.digest),
    )


def _common_type(files: Sequence[ArtifactFile]) -> str:
    kinds = {file.media_type for file in files}
    if len(kinds) == 1 and kinds != {_UNKNOWN}:
        return kinds.pop()
    names = ", ".join(printable(file.name) for file in files)
    known = " ".join(f"*{ending}" for ending in endings())
    raise UsageError(f"what is {names}, taken together?", remedy=f"--type TYPE; known: {known}")


def _annotations(kind: str, paths: Sequence[Path]) -> Mapping[str, str]:
    """What a Sigstore bundle says of itself."""
    if kind != SIGSTORE or len(paths) != 1:
        return {}
    (path,) = paths
    with path.open("rb") as stream:
        return bundle_annotations(path.name, stream.read(MAX_BUNDLE + 1))


def _created(environment: Mapping[str, str]) -> datetime | None:
    """The time that the environment gives; none rather than now, so that twice is once."""
    given = environment.get(_EPOCH)
    if not given:
        return None
    try:
        return datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"{_EPOCH} is '{printable(given[:40])}', which is no time",
            remedy="set it to seconds since 1970, or unset it",
        ) from error
