"""Image archives of whatever layers and documents a test asks for, every digest true."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A member of a layer, as its headers have it; `pax` are records of its own."""

    path: str
    data: bytes = b""
    kind: bytes = tarfile.REGTYPE
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)
    names: tuple[str, str] = ("", "")
    time: int = 1_577_836_800
    target: str = ""
    pax: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        info = tarfile.TarInfo(self.path)
        info.type, info.mode, info.mtime, info.linkname = (
            self.kind, self.mode, self.time, self.target,
        )  # fmt: skip
        (info.uid, info.gid), (info.uname, info.gname) = self.owner, self.names
        info.size, info.pax_headers = len(self.data), dict(self.pax)
        return info.tobuf(tarfile.PAX_FORMAT) + self.data + bytes(-len(self.data) % 512)


def layer(entries: Iterable[Entry], end: bytes = bytes(1024)) -> bytes:
    return b"".join(entry.encoded() for entry in entries) + end


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """An image: uncompressed layers, and what its configuration and manifest say beside them.

    `level` is the compressor's; `contents` stands for the digests of the layers' contents.
    """

    layers: Sequence[bytes]
    platform: str = "linux/amd64"
    execution: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    level: int = 6
    contents: Sequence[str] | None = None
    indent: int | None = None

    def but(self, **changes: Any) -> Sketch:
        return replace(self, **changes)


def archive(path: Path, *sketches: Sketch, annotations: Mapping[str, str] | None = None) -> Path:
    """Write an archive of the images."""
    blobs: dict[str, bytes] = {}
    manifests = [_manifest(sketch, blobs) for sketch in sketches]
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    if annotations:
        index["annotations"] = dict(annotations)
    top = {"schemaVersion": 2, "manifests": [_put(blobs, INDEX, json.dumps(index).encode())]}
    files = {
        **{f"blobs/sha256/{name}": data for name, data in blobs.items()},
        "index.json": json.dumps(top).encode(),
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as opened:
        for name, data in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            opened.addfile(info, io.BytesIO(data))
    return path


def _manifest(sketch: Sketch, blobs: dict[str, bytes]) -> dict[str, Any]:
    os, architecture = sketch.platform.split("/")
    contents = sketch.contents or [sha256(raw) for raw in sketch.layers]
    config = {
        "os": os,
        "architecture": architecture,
        "config": dict(sketch.execution),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{each}" for each in contents]},
        **sketch.more,
    }
    packed = [_packed(raw, sketch.level) for raw in sketch.layers]
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _put(blobs, CONFIG, json.dumps(config, indent=sketch.indent).encode()),
        "layers": [_put(blobs, LAYER, data) for data in packed],
    }
    if sketch.annotations:
        manifest["annotations"] = dict(sketch.annotations)
    platform = {"os": os, "architecture": architecture}
    return {**_put(blobs, MANIFEST, json.dumps(manifest).encode()), "platform": platform}


def _packed(raw: bytes, level: int) -> bytes:
    """One gzip member; at level 0 the same bytes whatever compressor this Python has."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    trailer = struct.pack("<II", zlib.crc32(raw), len(raw) & 0xFFFFFFFF)
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + deflate.compress(raw) + deflate.flush() + trailer


def _put(blobs: dict[str, bytes], media_type: str, data: bytes) -> dict[str, Any]:
    blobs[sha256(data)] = data
    return {"mediaType": media_type, "digest": f"sha256:{sha256(data)}", "size": len(data)}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
