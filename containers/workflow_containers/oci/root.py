"""The digest that registries know an archive's image by, read without reading the image.

For archives whose bytes are known already; `Layout` is for those that come from outside.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from workflow_containers.errors import LayoutError
from workflow_sbom import canonical
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError, DocumentError

_MAX = 1 << 20


def index_digest(archive: Path) -> Digest:
    """The digest of the one image index that `index.json` names; raises `LayoutError`."""
    try:
        with tarfile.open(archive, "r:") as tar:
            member = tar.getmember("index.json")
            stream = tar.extractfile(member)
            if stream is None or member.size > _MAX:
                raise LayoutError(f"{archive.name}: index.json is no small file")
            (entry,) = canonical.decode(stream.read())["manifests"]
            return Digest.parse(entry["digest"])
    except (
        tarfile.TarError, OSError, KeyError, TypeError, ValueError, DocumentError, DigestError,
    ) as error:  # fmt: skip
        raise LayoutError(f"{archive.name}: no index.json with one image: {error}") from error
