"""Base images for tests, made from nothing: layers of any kind, in an OCI layout."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.images import LIBC, elf, member, tar
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_sbom.digest import Digest

Member = tuple[tarfile.TarInfo, bytes]
OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
GZIP = f"{OCI}.layer.v1.tar+gzip"
TAR = f"{OCI}.layer.v1.tar"
NAME = "registry.test/python:3.13-slim"
ENV = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/bin", "PYTHON_VERSION=3.13.5", "LANG=C.UTF-8"]


def file(name: str, data: bytes = b"", *, mode: int = 0o644, owner: int = 0) -> Member:
    info, data = member(name, data, mode=mode)
    info.uid = info.gid = owner
    return info, data


def folder(name: str, *, mode: int = 0o755, owner: int = 0) -> Member:
    info, data = member(f"{name}/", kind=tarfile.DIRTYPE, mode=mode)
    info.uid = info.gid = owner
    return info, data


def link(name: str, target: str) -> Member:
    return member(name, kind=tarfile.SYMTYPE, link=target)


def hardlink(name: str, target: str) -> Member:
    return member(name, kind=tarfile.LNKTYPE, link=target)


def device(name: str) -> Member:
    return member(name, kind=tarfile.CHRTYPE)


def system(platform: Platform) -> list[Member]:
    """A merged /usr with a C library, as a Debian base has it."""
    triplet, machine = LIBC[platform.architecture]
    loader = {"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}
    library = elf(machine, soname="libc.so.6") + b"\0GNU C Library stable release version 2.41.\n\0"
    name = loader[platform.architecture]
    return [
        link("./lib", "usr/lib"),
        link("./lib64", "usr/lib64"),
        link("./bin", "usr/bin"),
        file(f"./usr/lib/{triplet}/libc.so.6", library, mode=0o755),
        file(f"./usr/lib/{triplet}/{name}", elf(machine), mode=0o755),
        link(f"./usr/lib64/{name}", f"/lib/{triplet}/{name}"),
        folder("./tmp", mode=0o1777),
        folder("./usr"),
        folder("./usr/local", mode=0o2775, owner=50),
        folder("./etc"),
        file("./etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"),
        file("./etc/group", b"root:x:0:\n"),
        file("./usr/lib/os-release", b'ID=debian\nVERSION_ID="13"\n'),
        file("./usr/bin/su", elf(machine), mode=0o4755),
        file(
            "./var/lib/dpkg/status",
            f"Package: libc6\nStatus: install ok installed\nVersion: 2.41-12\n"
            f"Architecture: {platform.architecture}\nMaintainer: Some Body <s@b.test>\n"
            "Description: the C library\n\n"
            "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n"
            "Maintainer: Some Body <s@b.test>\nDescription: not there\n".encode(),
        ),
        file(
            f"./var/lib/dpkg/info/libc6:{platform.architecture}.list",
            f"/.\n/lib\n/lib/{triplet}\n/lib/{triplet}/libc.so.6\n/usr/lib/{triplet}/{name}\n".encode(),
        ),
    ]


def python(
    platform: Platform, release: str = "3.13.5", prefix: str = "usr/local", *, debian: bool = False
) -> list[Member]:
    """An interpreter as the Docker library's images have it, or as Debian has it."""
    _, machine = LIBC[platform.architecture]
    library = f"./{prefix}/lib/python3.13"
    program = elf(machine, needed=("libc.so.6",)) + b"\0x3.13.5\0".replace(
        b"3.13.5", release.encode()
    )
    where = b"dist-packages" if debian else b"site-packages"
    return [
        file(f"./{prefix}/bin/python3.13", program, mode=0o755),
        link(f"./{prefix}/bin/python3", "python3.13"),
        file(f"{library}/os.py", b"def name():\n    return 'x'\n"),
        file(f"{library}/site.py", b"HERE = '" + where + b"'\n"),
        file(f"{library}/site-packages/README.txt", b"nothing\n"),
    ]


@dataclass(kw_only=True)
class Base:
    """An image to be written: its layers by platform, each with its media type."""

    layers: Mapping[Platform, Sequence[bytes]]
    kind: str = GZIP
    docker: bool = False
    config: Mapping[str, Any] = field(default_factory=lambda: {"Env": ENV})
    more: Mapping[str, Any] = field(default_factory=dict)
    entries: Iterable[Mapping[str, Any]] = ()
    blobs: dict[str, bytes] = field(default_factory=dict)

    def write(self, folder: Path) -> Reference:
        """Write it as a layout folder; its pinned name."""
        listed = [*self.entries, *(self._entry(platform) for platform in self.layers)]
        kind = (
            f"{DOCKER}.distribution.manifest.list.v2+json"
            if self.docker
            else f"{OCI}.index.v1+json"
        )
        index = {"schemaVersion": 2, "mediaType": kind, "manifests": listed}
        top = self._blob(json.dumps(index).encode(), kind)
        (folder / "blobs/sha256").mkdir(parents=True, exist_ok=True)
        for digest, data in self.blobs.items():
            (folder / "blobs/sha256" / digest).write_bytes(data)
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return Reference.parse(f"{NAME}@{top['digest']}")

    def _entry(self, platform: Platform) -> dict[str, Any]:
        layers = [
            self._blob(
                gzip.compress(data, mtime=0) if self.kind.endswith("gzip") else data, self.kind
            )
            for data in self.layers[platform]
        ]
        config = {
            "os": platform.os,
            "architecture": platform.architecture,
            "config": self.config,
            "rootfs": {
                "type": "layers",
                "diff_ids": [str(Digest.of(data)) for data in self.layers[platform]],
            },
            **self.more,
        }
        named = f"{DOCKER}.container.image.v1+json" if self.docker else f"{OCI}.config.v1+json"
        kind = (
            f"{DOCKER}.distribution.manifest.v2+json" if self.docker else f"{OCI}.manifest.v1+json"
        )
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": self._blob(json.dumps(config).encode(), named),
            "layers": layers,
        }
        variant = {"variant": "v8"} if platform == ARM64 else {}
        where = {"os": platform.os, "architecture": platform.architecture, **variant}
        return self._blob(json.dumps(manifest).encode(), kind) | {"platform": where}

    def _blob(self, data: bytes, kind: str) -> dict[str, Any]:
        digest = Digest.of(data)
        self.blobs[digest.hex] = data
        return {"mediaType": kind, "digest": str(digest), "size": len(data)}


def attested() -> dict[str, Any]:
    """What BuildKit lists beside each image."""
    return {
        "mediaType": f"{OCI}.manifest.v1+json",
        "digest": f"sha256:{'0' * 64}",
        "size": 1,
        "platform": {"os": "unknown", "architecture": "unknown"},
    }


def slim(release: str = "3.13.5", **more: Any) -> Base:
    """A base as the Docker library's `python:3.13-slim` is made: a system, then an interpreter."""
    layers = {
        platform: [tar(system(platform)), tar(python(platform, release))]
        for platform in (AMD64, ARM64)
    }
    return Base(layers=layers, entries=[attested()], **more)
