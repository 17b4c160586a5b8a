from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators.archives import INDEX, Entry, Sketch, archive, layer, sha256
from workflow_containers.errors import LayoutError
from workflow_containers.oci import adopting
from workflow_containers.oci.adopting import adopt
from workflow_containers.oci.layout import Layout

AMD = Sketch(layers=[layer([Entry(path="x", data=b"1")])])
ARM = AMD.but(platform="linux/arm64")
Index = dict[str, Any]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return archive(tmp_path / "ours.tar", AMD, ARM)


@pytest.fixture
def folder(ours: Path, tmp_path: Path) -> Path:
    with tarfile.open(ours) as opened:
        opened.extractall(tmp_path / "folder", filter="data")
    return tmp_path / "folder"


def index_of(folder: Path) -> Index:
    """The document that index.json names."""
    top = json.loads((folder / "index.json").read_bytes())
    found: Index = json.loads(blob(folder, top["manifests"][0]).read_bytes())
    return found


def blob(folder: Path, entry: Index) -> Path:
    return folder / "blobs/sha256" / str(entry["digest"]).removeprefix("sha256:")


def platforms(path: Path) -> list[str]:
    with Layout(path) as layout:
        return [str(image.platform) for image in layout.images]


def renamed(folder: Path, index: Index) -> None:
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def test_an_archive_as_we_write_it_is_taken_as_it_is(ours: Path, tmp_path: Path) -> None:
    assert adopt(ours, tmp_path / "made.tar") == ours


def test_a_folder_is_the_archive_it_would_be(ours: Path, folder: Path, tmp_path: Path) -> None:
    (folder / "README").write_text("something else", encoding="utf-8")
    (folder / "blobs/sha256" / sha256(b"unnamed")).write_bytes(b"unnamed")
    made = adopt(folder, tmp_path / "made.tar")
    with Layout(ours) as one, Layout(made) as other:
        assert one.index == other.index
    assert platforms(made) == ["linux/amd64", "linux/arm64"]


def test_manifests_without_an_index_get_one_with_their_platforms(
    folder: Path, tmp_path: Path
) -> None:
    entries = index_of(folder)["manifests"]
    bare = [{key: each[key] for key in ("mediaType", "digest", "size")} for each in entries]
    renamed(folder, {"schemaVersion": 2, "manifests": bare})
    assert platforms(adopt(folder, tmp_path / "made.tar")) == ["linux/amd64", "linux/arm64"]
    renamed(folder, {"schemaVersion": 2, "manifests": bare[1:]})
    assert platforms(adopt(folder, tmp_path / "one.tar")) == ["linux/arm64"]


def test_what_attests_an_image_and_is_none_is_passed_by(folder: Path, tmp_path: Path) -> None:
    index = index_of(folder)
    unknown = {"os": "unknown", "architecture": "unknown"}
    index["manifests"].append({**index["manifests"][0], "platform": unknown})
    data = json.dumps(index).encode()
    (folder / "blobs/sha256" / sha256(data)).write_bytes(data)
    entry = {
        "mediaType": index["mediaType"], "digest": f"sha256:{sha256(data)}", "size": len(data),
    }  # fmt: skip
    renamed(folder, {"schemaVersion": 2, "manifests": [entry]})
    assert platforms(adopt(folder, tmp_path / "made.tar")) == ["linux/amd64", "linux/arm64"]


def test_what_lies_is_found_out_when_it_is_read(folder: Path, tmp_path: Path) -> None:
    manifest = json.loads(blob(folder, index_of(folder)["manifests"][0]).read_bytes())
    blob(folder, manifest["layers"][0]).write_bytes(b"other")
    made = adopt(folder, tmp_path / "made.tar")
    with pytest.raises(LayoutError, match="another digest"):
        Layout(made)


def _without_index(folder: Path) -> None:
    (folder / "index.json").unlink()


def _linked(folder: Path) -> None:
    _without_index(folder)
    (folder / "index.json").symlink_to("/etc/hostname")


def _waiting(folder: Path) -> None:
    _without_index(folder)
    os.mkfifo(folder / "index.json")


def _escaping(folder: Path) -> None:
    entry = {"mediaType": INDEX, "digest": "sha256:../../../etc/x", "size": 1}
    renamed(folder, {"manifests": [entry]})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_index, "no index.json"),
        (_linked, "index.json is a link or no file"),
        (_waiting, "index.json is a link or no file"),
        (_escaping, "is no SHA-256 digest"),
        (lambda folder: renamed(folder, {}), "no list of manifests"),
        (lambda folder: renamed(folder, {"manifests": []}), "names no image"),
        (lambda folder: renamed(folder, {"manifests": [{"mediaType": "x"}]}), "names no image"),
        (lambda folder: (folder / "index.json").write_text("[]"), "is no object"),
        (lambda folder: (folder / "index.json").write_text("{"), "no JSON"),
        (lambda folder: blob(folder, index_of(folder)["manifests"][0]).unlink(), "no blobs/"),
    ],
)
def test_a_folder_that_is_no_layout_is_refused(
    folder: Path, tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(folder)
    with pytest.raises(LayoutError, match=message):
        adopt(folder, tmp_path / "made.tar")


@pytest.mark.parametrize("data", [b"", b"text", bytes(1024)])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(LayoutError):
        adopt(tmp_path / "x", tmp_path / "made.tar")


def test_documents_of_any_size_are_not_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopting, "MAX_DOCUMENT", 10)
    with pytest.raises(LayoutError, match=r"index.json holds \d+ bytes"):
        adopt(folder, tmp_path / "made.tar")
