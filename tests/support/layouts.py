"""Archives changed by hand, every digest true again."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulators.images import tar
from workflow_sbom.digest import Digest

Edit = Callable[[dict[str, Any], dict[str, Any], Callable[[bytes], dict[str, Any]]], None]
"""Edits an image's manifest and configuration; what it is handed keeps a blob and describes it."""


def edited(archive: Path, changed: Path, edit: Edit) -> Path:
    """The archive with each of its images edited, written to another file."""
    with tarfile.open(archive) as opened:
        files = {each.name: opened.extractfile(each).read() for each in opened if each.isreg()}  # type: ignore[union-attr]
    del files["manifest.json"]
    top = json.loads(files["index.json"])
    index = json.loads(files.pop(_name(top["manifests"][0])))
    for entry in index["manifests"]:
        manifest = json.loads(files.pop(_name(entry)))
        config = json.loads(files.pop(_name(manifest["config"])))
        edit(manifest, config, lambda data: _put(files, {}, data))
        _put(files, manifest["config"], json.dumps(config).encode())
        _put(files, entry, json.dumps(manifest).encode())
    _put(files, top["manifests"][0], json.dumps(index).encode())
    files["index.json"] = json.dumps(top).encode()
    changed.write_bytes(tar((_info(path, data), data) for path, data in sorted(files.items())))
    return changed


def with_layer(archive: Path, changed: Path, layer: bytes) -> Path:
    """The archive with one more layer in each of its images."""

    def edit(
        manifest: dict[str, Any], config: dict[str, Any], put: Callable[[bytes], dict[str, Any]]
    ) -> None:
        config["rootfs"]["diff_ids"].append(str(Digest.of(layer)))
        kind = {"mediaType": manifest["layers"][-1]["mediaType"]}
        manifest["layers"].append(put(gzip.compress(layer, mtime=0)) | kind)

    return edited(archive, changed, edit)


def _name(entry: dict[str, Any]) -> str:
    return f"blobs/sha256/{entry['digest'][7:]}"


def _put(files: dict[str, bytes], entry: dict[str, Any], data: bytes) -> dict[str, Any]:
    digest = Digest.of(data)
    entry |= {"digest": str(digest), "size": len(data)}
    files[f"blobs/sha256/{digest.hex}"] = data
    return entry


def _info(path: str, data: bytes) -> tarfile.TarInfo:
    made = tarfile.TarInfo(path)
    made.size = len(data)
    return made
