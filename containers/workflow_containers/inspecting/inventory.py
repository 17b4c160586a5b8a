"""What is in an image, read from the image's own bytes.

The records of packages (`var/lib/dpkg/status.d`) and of distributions (`*.dist-info`) are taken
from the layers, and every file a RECORD gives a digest of is held against it.

An image on a base says how many of its layers are the base's. What the base's records name is told
as they tell it (`var/lib/dpkg/status`, too), but they are not held against its files: those were
the base's maker's to change. Files of the base that no record names are the base's, not loose.
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
from workflow_containers.inspecting.inside import contents_of
from workflow_containers.inspecting.reading import (
    COPYRIGHT,
    RELEASE,
    STATUS,
    STATUS_FOLDER,
    BasePart,
    InstalledFile,
    Seen,
    read,
)
from workflow_containers.oci.layout import Image, Layout
from workflow_containers.platform import Platform
from workflow_sbom.debian import control as debian
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DigestError, InventoryError
from workflow_sbom.python.contents import Contents
from workflow_sbom.python.distribution import from_metadata

_INSTALLED = "install ok installed"
_WORD = re.compile(r"[a-z0-9.]+", re.ASCII)
_TAG = re.compile(rb"(?m)^Tag:[ \t]*([!-~]{1,200})[ \t\r]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledDeb:
    """A Debian package by its control fields (keys in lower case), and its file's digest.

    `record` is the path of the record that names it, `copyright` the bytes of its copyright file.
    """

    name: str
    version: str
    architecture: str
    source: str
    control: Mapping[str, str]
    sha256: Digest | None
    record: str
    copyright: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledWheel:
    """A Python distribution: where its records are, its METADATA, the files its RECORD names.

    `tags` (PEP 425) are those of the wheel it was installed from, as far as its WHEEL has them;
    `contents` what lies in it beside its code.
    """

    info: str
    metadata: bytes
    files: tuple[str, ...]
    tags: tuple[str, ...] = ()
    contents: Contents = field(default_factory=Contents)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformInventory:
    """One platform's image and what is in it; `distro` is the release (`debian-13`).

    `release` are the fields of os-release(5) that are there. `python` is the full version of a
    base's interpreter, if there is one, and `program` its file.
    """

    image: Image
    distro: str
    debs: tuple[InstalledDeb, ...]
    wheels: tuple[InstalledWheel, ...]
    files: tuple[InstalledFile, ...]
    links: Mapping[str, str]
    base: BasePart | None = None
    python: str | None = None
    program: InstalledFile | None = None
    release: Mapping[str, str] = field(default_factory=dict)

    @property
    def platform(self) -> Platform:
        """What it runs on."""
        return self.image.platform

    @property
    def loose(self) -> tuple[InstalledFile, ...]:
        """Files of the application that no distribution brought: configuration, web pages."""
        recorded = {path for wheel in self.wheels for path in wheel.files}
        base = {each.layer for each in self.files if each.path.startswith(STATUS_FOLDER)}
        base |= set(range(self.base.layers)) if self.base is not None else set()
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


def _platform(layout: Layout, image: Image) -> PlatformInventory:
    seen = read(layout, image)
    return PlatformInventory(
        image=image,
        distro=distro(seen.kept.get(RELEASE, b"")),
        debs=tuple(_debs(seen)),
        wheels=tuple(_wheels(seen)),
        files=tuple(each for _, each in sorted(seen.files.items())),
        links=dict(sorted(seen.links.items())),
        base=seen.base,
        python=seen.python,
        program=seen.files.get(seen.program) if seen.program else None,
        release=dict(_fields(seen.kept.get(RELEASE, b""))),
    )


def distro(release: bytes) -> str:
    """`ID-VERSION_ID` of os-release(5), `debian` where it does not say."""
    said = {key: value for key, value in _fields(release) if _WORD.fullmatch(value)}
    return "-".join(filter(None, (said.get("ID", "debian"), said.get("VERSION_ID"))))


def _fields(release: bytes) -> Iterator[tuple[str, str]]:
    """The fields of os-release(5), without their quotes."""
    for line in release.decode(errors="replace").splitlines():
        name, equals, value = line.partition("=")
        value = value.strip().strip("\"'")
        if equals and value and value.isprintable():
            yield name, value


def _debs(seen: Seen) -> Iterator[InstalledDeb]:
    for path, data in sorted(seen.kept.items()):
        if path != STATUS and (not path.startswith(STATUS_FOLDER) or path.endswith(".md5sums")):
            continue
        for control in debian.paragraphs(data):
            if path == STATUS and control.get("status") != _INSTALLED:
                continue
            name = control.get("package", "")
            yield InstalledDeb(
                name=name,
                version=control.get("version", ""),
                architecture=control.get("architecture", ""),
                source=control.get("source", name),
                control=control,
                sha256=_sha256(control.get("sha256")),
                record=path,
                copyright=seen.record(COPYRIGHT.format(package=name)),
            )


def _sha256(text: str | None) -> Digest | None:
    try:
        return Digest(text) if text is not None else None
    except DigestError as error:
        raise LayoutError(f"a package record: {error}") from error


def _wheels(seen: Seen) -> Iterator[InstalledWheel]:
    for path, data in sorted(seen.kept.items()):
        if path.endswith(".dist-info/METADATA"):
            info = posixpath.dirname(path)
            record = seen.kept.get(f"{info}/RECORD")
            tags = tuple(sorted(_tags(seen.kept.get(f"{info}/WHEEL", b""))))
            if seen.is_of_base(path):
                if not _is_readable(data):
                    continue
                files = tuple(_named(record or b"", info, seen))
            elif record is None:
                raise LayoutError(f"{info!r} has no RECORD")
            else:
                files = tuple(_recorded(record, info, seen))
            yield InstalledWheel(
                info=info,
                metadata=data,
                files=files,
                tags=tags,
                contents=contents_of(seen, info, files),
            )


def _recorded(record: bytes, info: str, seen: Seen) -> Iterator[str]:
    """The files a RECORD names, each held against what is there; raises `LayoutError`."""
    for path, row in _rows(record, info, seen):
        there = seen.files.get(path)
        if there is None:
            raise LayoutError(f"{info}/RECORD names {str(row)[:120]}, which is not there")
        if row[1] and _hex(row[1]) != there.digest.hex:
            raise LayoutError(f"{path!r} differs from {info}/RECORD")
        yield path


def _named(record: bytes, info: str, seen: Seen) -> Iterator[str]:
    """The files a base's RECORD names and that are there."""
    return (path for path, _ in _rows(record, info, seen) if path in seen.files)


def _rows(record: bytes, info: str, seen: Seen) -> Iterator[tuple[str, list[str]]]:
    base = posixpath.dirname(info)
    for row in csv.reader(io.StringIO(record.decode(errors="replace"), newline="")):
        path = posixpath.normpath(f"{base}/{row[0]}") if len(row) == 3 else ""
        yield seen.place(path), row


def _tags(wheel: bytes) -> Iterator[str]:
    return (tag.decode() for tag in _TAG.findall(wheel))


def _is_readable(metadata: bytes) -> bool:
    try:
        from_metadata(metadata)
    except InventoryError:
        return False
    return True


def _hex(digest: str) -> str:
    """A RECORD's digest in hexadecimal; other algorithms than SHA-256 come out as no digest."""
    algorithm, _, encoded = digest.partition("=")
    if algorithm != hashlib.sha256().name:
        return ""
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).hex()
    except ValueError:
        return ""
