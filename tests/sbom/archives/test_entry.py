from __future__ import annotations

import pytest

from workflow_sbom.archives.entry import Entry
from workflow_sbom.digest import Digest
from workflow_sbom.errors import ModelError

FILE = Digest.of(b"x")


@pytest.mark.parametrize(
    ("kind", "digest"), [("file", None), ("directory", FILE), ("symlink", FILE)]
)
def test_files_and_only_files_have_a_digest(kind: str, digest: Digest | None) -> None:
    with pytest.raises(ModelError, match="a file has a digest"):
        Entry(path="a", kind=kind, digest=digest)  # type: ignore[arg-type]
