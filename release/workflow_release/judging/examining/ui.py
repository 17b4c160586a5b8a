"""Web interfaces: an archive holding `dist/`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from workflow_release.judging.evidence import Claim, Evidence
from workflow_release.judging.examining import tars
from workflow_release.judging.examining.contents import Contents
from workflow_release.model import Artifact
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError

_VERSION = "dist/version.json"
_PAGE = "dist/index.html"


def examine_ui(stream: IO[bytes], artifact: Artifact) -> Evidence:
    """What a bundle holds and says; raises `BuildError` for no readable archive."""
    with tars.gunzipped(stream) as inner:
        contents = tars.read_tar(inner, _VERSION.__eq__)
    return Evidence(
        artifact=artifact.name,
        digest=artifact.digest,
        claims=tuple(_claims(contents)),
        members=contents.members,
        faults=tuple(_faults(contents)),
    )


def _claims(contents: Contents) -> Iterator[Claim]:
    if _VERSION not in contents.kept:
        return
    try:
        value = canonical.decode(contents.kept[_VERSION])
    except DocumentError as error:
        value = str(error)
    version = value.get("version") if isinstance(value, dict) else value
    yield Claim(kind="version", value=str(version), where=_VERSION)


def _faults(contents: Contents) -> Iterator[str]:
    files = {member.path for member in contents.members if member.kind == "file" and member.size}
    if _PAGE not in files:
        yield f"no {_PAGE}, so a server has nothing to show"
    if not any(path.startswith("dist/") and path.endswith((".js", ".mjs")) for path in files):
        yield "no script below dist/, so the page does nothing"
    outside = sorted(m.path for m in contents.members if m.path.split("/")[0] != "dist")
    if outside:
        yield f"{outside[0]!r} and {len(outside) - 1} more are outside dist/"
