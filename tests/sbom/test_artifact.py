from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError


def test_measures_both_hashes_in_one_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(b"bytes")
    artifact = ArtifactFile.measure(path, name="b.whl", expected=Digest.of(b"bytes"))
    assert artifact.ref == "artifact:b.whl"
    assert artifact.digest == Digest.of(b"bytes")
    assert [(each.algorithm, each.hex) for each in artifact.hashes] == [
        ("SHA-256", hashlib.sha256(b"bytes").hexdigest()),
        ("SHA-512", hashlib.sha512(b"bytes").hexdigest()),
    ]


def test_other_bytes_than_expected_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    path.write_bytes(b"changed")
    with pytest.raises(InventoryError, match=r"a\.whl: the file's digest is sha256:"):
        ArtifactFile.measure(path, expected=Digest.of(b"bytes"))
