"""What the repository itself brings: web interfaces and files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workflow_containers.coverage.claims import Claim, Part, Put
from workflow_containers.definition import Bundle, Copied
from workflow_containers.layers import bundle
from workflow_containers.layers.entries import File
from workflow_sbom.coverage.ledger import Owned

ARCHIVE_PROOF = "the archive's own contents"
FILE_PROOF = "the repository's file"


def interface(wanted: Bundle, archive: Path, put: Put) -> Part:
    """What of a web interface's archive has to be in an image; raises `MemberError`."""
    owned = Owned(f"artifact:{archive.name}", ARCHIVE_PROOF)
    found = bundle.entries(archive, wanted.path.lstrip("/"))
    return Part(claims=tuple(Claim.of(each, owned) for entry in found for each in put(entry)))


def files(read: Mapping[Copied, bytes], put: Put) -> Part:
    """The repository's files that have to be there as they are."""
    claims = [
        Claim.of(each, Owned(f"file:{copied.source}", FILE_PROOF))
        for copied, data in read.items()
        for each in put(File(copied.path.lstrip("/"), int(copied.mode, 8), data))
    ]
    return Part(claims=tuple(claims))
