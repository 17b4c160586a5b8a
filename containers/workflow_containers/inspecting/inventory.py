"""What is in an image, read from the image's own bytes.

The records of packages (`var/lib/dpkg/status.d`) and of distributions (`*.dist-info`) are taken
from the layers, and every file a RECORD gives a digest of is held against it.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workflow_containers.errors import LayoutError
from workflow_containers.layers.entries import File, Hardlink, Symlink
from workflow_containers.oci.layout import Image, Layout
from workflow_containers.platform import Platform
from workflow_sbom import debian
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError

_STATUS = "var/lib/dpkg/status.d/"
_RELEASE = "usr/lib/os-release"
_KEPT = re.compile(rf"{_STATUS}[^/]+|{_RELEASE}|.*/[^/]+\.dist-info/(METADATA|RECORD)")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledFile:
    """A regular file of an image; `layer` counts from 0."""

    path: str
    size: int
    digest: Digest
    layer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledDeb:
    """A Debian package by its control fields (keys in lower case), and its file's digest."""

    name: str
    version: str
    architecture: str
    source: str
    control: Mapping[str, str]
    sha256: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledWheel:
    """A Python distribution: where its records are, its METADATA, the files its RECORD names."""

    info: str
    metadata: bytes
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformInventory:
    """One platform's image and what is in it; `distro` is the release (`debian-13`)."""

    image: Image
    distro: str
    debs: tuple[InstalledDeb, ...]
    wheels: tuple[InstalledWheel, ...]
    files: tuple[InstalledFile, ...]
    links: Mapping[str, str]

    @property
    def platform(self) -> Platform:
        """What it runs on."""
        return self.image.platform

    @property
    def loose(self) -> tuple[InstalledFile, ...]:
        """Files of the application that no distribution brought: configuration, web pages."""
        recorded = {path for wheel in self.wheels for path in wheel.files}
        base = {each.layer for each in self.files if each.path.startswith(_STATUS)}
        return tuple(
            each for each in self.files if each.layer not in base and each.path not in recorded
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What is in an archive: its version, the digest of its index, one inventory a platform."""

    version: str
    index: Digest
    platforms: tuple[PlatformInventory, ...]


def describe(archive: Path) -> Inventory:
    """Read an archive; raises `LayoutError`, `MemberError` or `InventoryError`."""
    with Layout(archive) as layout:
        return Inventory(
            version=layout.version,
            index=layout.index,
            platforms=tuple(_platform(layout, image) for image in layout.images),
        )


@dataclass(slots=True)
class _Seen:
    """What reading the layers of one image has shown so far."""

    files: dict[str, InstalledFile] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)


def _platform(layout: Layout, image: Image) -> PlatformInventory:
    seen = _read(layout, image)
    return PlatformInventory(
        image=image,
        distro=_distro(seen.kept.get(_RELEASE, b"")),
        debs=tuple(_debs(seen.kept)),
        wheels=tuple(_wheels(seen)),
        files=tuple(each for _, each in sorted(seen.files.items())),
        links=dict(sorted(seen.links.items())),
    )


def _read(layout: Layout, image: Image) -> _Seen:
    seen = _Seen()
    for number, layer in enumerate(image.layers):
        for entry in layout.entries(layer):
            if entry.path in seen.files or entry.path in seen.links:
                raise LayoutError(f"{entry.path!r} stands twice in the image for {image.platform}")
            match entry:
                case File(path=path, data=data):
                    seen.files[path] = InstalledFile(
                        path=path, size=len(data), digest=Digest.of(data), layer=number
                    )
                    if _KEPT.fullmatch(path):
                        seen.kept[path] = data
                case Symlink(path=path, target=target) | Hardlink(path=path, target=target):
                    seen.links[path] = target
                case _:
                    pass
    return seen


def _distro(release: bytes) -> str:
    """`ID-VERSION_ID` of os-release(5), `debian` where it does not say."""
    text = release.decode(errors="replace")
    found = dict(re.findall(r'(?m)^(ID|VERSION_ID)="?([a-z0-9.]+)"?$', text))
    return "-".join(filter(None, (found.get("ID", "debian"), found.get("VERSION_ID"))))


def _debs(kept: Mapping[str, bytes]) -> Iterator[InstalledDeb]:
    for path, data in sorted(kept.items()):
        if not path.startswith(_STATUS) or path.endswith(".md5sums"):
            continue
        for control in debian.paragraphs(data):
            yield InstalledDeb(
                name=control.get("package", ""),
                version=control.get("version", ""),
                architecture=control.get("architecture", ""),
                source=control.get("source", control.get("package", "")),
                control=control,
                sha256=_sha256(control.get("sha256")),
            )


def _sha256(text: str | None) -> Digest | None:
    try:
        return Digest(text) if text is not None else None
    except DigestError as error:
        raise LayoutError(f"a package record: {error}") from error


def _wheels(seen: _Seen) -> Iterator[InstalledWheel]:
    for path, data in sorted(seen.kept.items()):
        if path.endswith(".dist-info/METADATA"):
            info = posixpath.dirname(path)
            record = seen.kept.get(f"{info}/RECORD")
            if record is None:
                raise LayoutError(f"{info!r} has no RECORD")
            yield InstalledWheel(
                info=info, metadata=data, files=tuple(_recorded(record, info, seen))
            )


def _recorded(record: bytes, info: str, seen: _Seen) -> Iterator[str]:
    """The files a RECORD names, each held against what is there; raises `LayoutError`."""
    base = posixpath.dirname(info)
    for row in csv.reader(io.StringIO(record.decode(errors="replace"), newline="")):
        path = posixpath.normpath(f"{base}/{row[0]}") if len(row) == 3 else ""
        there = seen.files.get(path)
        if there is None:
            raise LayoutError(f"{info}/RECORD names {str(row)[:120]}, which is not there")
        if row[1] and _hex(row[1]) != there.digest.hex:
            raise LayoutError(f"{path!r} differs from {info}/RECORD")
        yield path


def _hex(digest: str) -> str:
    """A RECORD's digest in hexadecimal; other algorithms than SHA-256 come out as no digest."""
    algorithm, _, encoded = digest.partition("=")
    if algorithm != hashlib.sha256().name:
        return ""
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).hex()
    except ValueError:
        return ""
