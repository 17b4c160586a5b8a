"""Images changed by somebody who makes every digest true again."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulators.images import tar
from workflow_sbom.digest import Digest

Member = tuple[tarfile.TarInfo, bytes]
Change = Callable[[int, list[Member]], list[Member]]
"""Is given a layer's number and members, and gives those it shall have, or the same list."""


def tampered(archive: Path, changed: Path, change: Change) -> Path:
    """The archive with each layer of each image changed, written to another file."""
    with tarfile.open(archive) as opened:
        files = {each.name: _read(opened, each) for each in opened if each.isreg()}
    top = json.loads(files["index.json"])
    old = {name: data for name, data in files.items() if name.startswith("blobs/")}
    new: dict[str, bytes] = {}

    def put(entry: dict[str, Any], data: bytes) -> None:
        digest = Digest.of(data)
        entry |= {"digest": str(digest), "size": len(data)}
        new[f"blobs/sha256/{digest.hex}"] = data

    def blob(entry: dict[str, Any]) -> bytes:
        return old[f"blobs/sha256/{entry['digest'][7:]}"]

    index = json.loads(blob(top["manifests"][0]))
    for entry in index["manifests"]:
        manifest = json.loads(blob(entry))
        config = json.loads(blob(manifest["config"]))
        for number, layer in enumerate(manifest["layers"]):
            found = members(gzip.decompress(blob(layer)))
            if (wanted := change(number, found)) is found:
                put(layer, blob(layer))
                continue
            data = tar(wanted)
            config["rootfs"]["diff_ids"][number] = str(Digest.of(data))
            put(layer, gzip.compress(data, 1, mtime=0))
        put(manifest["config"], json.dumps(config).encode())
        put(entry, json.dumps(manifest).encode())
    put(top["manifests"][0], json.dumps(index).encode())
    new["index.json"], new["oci-layout"] = json.dumps(top).encode(), files["oci-layout"]
    changed.write_bytes(tar((_info(path, data), data) for path, data in sorted(new.items())))
    return changed


def members(layer: bytes) -> list[Member]:
    """The members of a layer's tar archive."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as opened:
        return [(each, _read(opened, each)) for each in opened]


def planted(*more: Member, layer: int = -1) -> Change:
    """Adds members to a layer, to every one by default."""
    return lambda number, found: [*found, *more] if layer in {-1, number} else found


def edited(path: str, edit: Callable[[tarfile.TarInfo, bytes], bytes]) -> Change:
    """Edits one member: its header in place, its bytes as returned."""

    def change(_: int, found: list[Member]) -> list[Member]:
        if not _has(found, path):
            return found
        return [_edited(info, data) if info.name == path else (info, data) for info, data in found]

    def _edited(info: tarfile.TarInfo, data: bytes) -> Member:
        data = edit(info, data)
        info.size = len(data)
        return info, data

    return change


def without(path: str) -> Change:
    """Takes a member away."""
    return lambda _, found: (
        [each for each in found if each[0].name != path] if _has(found, path) else found
    )


def _has(found: list[Member], path: str) -> bool:
    return any(info.name == path for info, _ in found)


def together(*changes: Change) -> Change:
    """One change after the other."""

    def change(number: int, found: list[Member]) -> list[Member]:
        for each in changes:
            found = each(number, found)
        return found

    return change


def entry(
    name: str,
    data: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    mode: int = 0o644,
    link: str = "",
    owner: int = 0,
) -> Member:
    """A member that could be one of the image's own."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.type, info.linkname = len(data), mode, kind, link
    info.uid = info.gid = owner
    return info, data


def _read(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(info) if info.isreg() else None
    return stream.read() if stream else b""


def _info(path: str, data: bytes) -> tarfile.TarInfo:
    made = tarfile.TarInfo(path)
    made.size = len(data)
    return made
