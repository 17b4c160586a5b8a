"""Small real files of every kind a release has, each part replaceable by a hostile one."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Entry = tuple[tarfile.TarInfo, bytes]
METADATA = """\
Metadata-Version: 2.4
Name: {name}
Version: {version}
License-Expression: MIT
License-File: LICENSE
{more}
A thing.
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
LICENCE = b"Permission is granted to everybody, for everything.\n"
VERSION = "1.2.3"
COMMIT = "c" * 40


def metadata(name: str = "thing", version: str = VERSION, more: str = "") -> bytes:
    return METADATA.format(name=name, version=version, more=more).encode()


def file(path: str, data: bytes = b"x", mode: int = 0o644) -> Entry:
    info = tarfile.TarInfo(path)
    info.size, info.mode = len(data), mode
    return info, data


def entry(path: str, kind: bytes, link: str = "", mode: int = 0o644) -> Entry:
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode = kind, link, mode
    return info, b""


def folder(path: str, mode: int = 0o755) -> Entry:
    return entry(path, tarfile.DIRTYPE, mode=mode)


def tar(entries: Iterable[Entry]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_gz(entries: Iterable[Entry]) -> bytes:
    return gzip.compress(tar(entries), mtime=0)


def sdist(
    *more: Entry, root: str = f"thing-{VERSION}", pkg_info: bytes | None = None,
    licence: bytes = LICENCE,
) -> bytes:  # fmt: skip
    data = metadata() if pkg_info is None else pkg_info
    return tar_gz(
        [
            file(f"{root}/PKG-INFO", data),
            file(f"{root}/LICENSE", licence),
            file(f"{root}/pyproject.toml"),
            *more,
        ]
    )


def wheel_files(version: str = VERSION, more: str = "") -> dict[str, bytes]:
    info = f"thing-{version}.dist-info"
    return {
        "thing/__init__.py": f'__version__ = "{version}"\n'.encode(),
        "thing/core.py": b"ANSWER = 42\n",
        f"{info}/licenses/LICENSE": LICENCE,
        f"{info}/WHEEL": WHEEL.encode(),
        f"{info}/METADATA": metadata(version=version, more=more),
        f"{info}/sboms/thing.cdx.json": bill("thing", version),
    }


def bill(name: str, version: str, **more: object) -> bytes:
    """The least that a wheel says of itself by PEP 770."""
    subject = {"type": "library", "name": name, "version": version, **more}
    return json.dumps({"bomFormat": "CycloneDX", "metadata": {"component": subject}}).encode()


def record(files: Mapping[str, bytes], place: str) -> bytes:
    def row(path: str, data: bytes) -> str:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        return f"{path},sha256={digest},{len(data)}\n"

    return ("".join(row(*each) for each in files.items()) + f"{place},,\n").encode()


def wheel(
    files: Mapping[str, bytes] | None = None,
    *,
    listed: bytes | None = None,
    modes: Mapping[str, int] | None = None,
    extra: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """`listed` replaces RECORD; `extra` is added after it was made."""
    files = wheel_files() if files is None else files
    place = next((f"{p.split('/')[0]}/RECORD" for p in files if ".dist-info/" in p), "RECORD")
    rows = record(files, place) if listed is None else listed
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in [*files.items(), (place, rows), *extra]:
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            info.external_attr = (modes or {}).get(path, 0o100644) << 16
            archive.writestr(info, data)
    return out.getvalue()


def ui(*more: Entry, version: str = VERSION, without: str = "") -> bytes:
    entries = [
        folder("dist"),
        folder("dist/assets"),
        file("dist/assets/a.css", b"body {}"),
        file("dist/assets/a.js", b"1"),
        file("dist/index.html", b"<!doctype html>"),
        file("dist/version.json", json.dumps({"version": version}).encode()),
    ]
    return tar_gz([*(each for each in entries if each[0].name != without), *more])


LABELS = {
    "org.opencontainers.image.version": VERSION,
    "org.opencontainers.image.revision": COMMIT,
}
LAYER = (
    folder("usr"),
    folder("tmp", 0o1777),
    entry("bin", tarfile.SYMTYPE, "usr/bin"),
    entry("usr/sh", tarfile.SYMTYPE, "/usr/bin/sh"),
    file("usr/Name"),
    file("usr/name"),
)


def image(
    layer: Iterable[Entry] = LAYER,
    *,
    labels: Mapping[str, str] = LABELS,
    architectures: Sequence[str] = ("amd64", "arm64"),
    change: Callable[[dict[str, bytes]], None] = lambda _: None,
    change_config: Callable[[dict[str, Any]], None] = lambda _: None,
    base: Iterable[Entry] = (),
    annotations: Mapping[str, str] | None = None,
) -> bytes:
    """`change` edits the archive's files by path before they are written; `base` is one below."""
    files: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    raws = [*((tar(base),) if base else ()), tar(layer)]
    blobs = [_blob(files, gzip.compress(raw, mtime=0), "layer.v1.tar+gzip") for raw in raws]
    manifests = []
    for architecture in architectures:
        config: dict[str, Any] = {
            "os": "linux",
            "architecture": architecture,
            "config": {"Labels": dict(labels), "Entrypoint": ["/usr/bin/python3", "-m", "thing"]},
            "rootfs": {"type": "layers", "diff_ids": [_digest(raw) for raw in raws]},
        }
        change_config(config)
        blob = _blob(files, json.dumps(config).encode(), "config.v1+json")
        manifest = {"schemaVersion": 2, "config": blob, "layers": blobs}
        if annotations is not None:
            manifest["annotations"] = dict(annotations)
        described = _blob(files, json.dumps(manifest).encode(), "manifest.v1+json")
        described["platform"] = {"os": "linux", "architecture": architecture}
        manifests.append(described)
    inner = _blob(files, json.dumps({"manifests": manifests}).encode(), "index.v1+json")
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [inner]}).encode()
    change(files)
    return tar([file(path, data) for path, data in sorted(files.items())])


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _blob(files: dict[str, bytes], data: bytes, kind: str) -> dict[str, Any]:
    files[f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"] = data
    media_type = f"application/vnd.oci.image.{kind}"
    return {"mediaType": media_type, "digest": _digest(data), "size": len(data)}


def go_program(text: str) -> bytes:
    """An ELF file with a section of build information, as Go's linker writes it."""

    def sized(data: bytes) -> bytes:
        assert len(data) < 1 << 14
        return bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) + data

    def section(name: int, offset: int, size: int) -> bytes:
        return struct.pack("<IIQQQQIIQQ", name, 1, 3, 0, offset, size, 0, 0, 16, 0)

    info = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    info += sized(b"go1.25.0") + sized(b"M" * 16 + text.encode() + b"M" * 16)
    strings = b"\0.go.buildinfo\0.shstrtab\0"
    table = 64 + len(info) + len(strings)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack("<16sHHIQQQIHHHHHH", ident, 2, 62, 1, 0, 0, table, 0, 64, 56, 0, 64, 3, 2)
    names = section(15, 64 + len(info), len(strings))
    return header + info + strings + bytes(64) + section(1, 64, len(info)) + names
