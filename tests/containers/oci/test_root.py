from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulators.images import member, tar
from workflow_containers.errors import LayoutError
from workflow_containers.oci.root import index_digest
from workflow_sbom.digest import Digest

SOME = Digest.of(b"an index")


def archive(folder: Path, index: object) -> Path:
    path = folder / "image.tar"
    data = index if isinstance(index, bytes) else json.dumps(index).encode()
    path.write_bytes(tar([member("blobs/x", b"first"), member("index.json", data)]))
    return path


def test_it_is_the_one_that_index_json_names(tmp_path: Path) -> None:
    assert index_digest(archive(tmp_path, {"manifests": [{"digest": str(SOME)}]})) == SOME


@pytest.mark.parametrize(
    "index",
    [
        {}, [], b"", b"{", {"manifests": []}, {"manifests": [{}]}, {"manifests": [{"digest": "x"}]},
        {"manifests": [{"digest": str(SOME)}, {"digest": str(SOME)}]}, {"manifests": None},
    ],
)  # fmt: skip
def test_anything_else_is_refused(tmp_path: Path, index: object) -> None:
    with pytest.raises(LayoutError, match=r"image\.tar: no index\.json with one image"):
        index_digest(archive(tmp_path, index))


def test_what_is_no_archive_or_has_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    with pytest.raises(LayoutError):
        index_digest(path)
    path.write_bytes(b"no tar")
    with pytest.raises(LayoutError):
        index_digest(path)
    path.write_bytes(tar([member("blobs/x", b"first")]))
    with pytest.raises(LayoutError):
        index_digest(path)
