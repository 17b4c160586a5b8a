"""OCI layouts as other programs leave them, made into the archive that this package reads.

A folder; an index.json that names manifests and no index (skopeo, BuildKit); entries that attest an
image and are none (platform unknown/unknown); blobs that nothing names. What is needed is copied as
it is; whether it has its digests shows when the archive is read.
"""

from __future__ import annotations

import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from workflow_containers.errors import LayoutError, MemberError
from workflow_containers.layers.tarread import Header
from workflow_containers.oci import image
from workflow_containers.oci.archive import BLOBS
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import Document
from workflow_containers.oci.layout import MAX_BLOBS, MAX_DOCUMENT, MAX_LAYER
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError

_REMEDY = "skopeo copy --all SOURCE oci-archive:FILE makes an OCI layout of any image"
Entries = Sequence[Mapping[str, Any]]


def adopt(source: Path, target: Path) -> Path:
    """The archive, or one made of it at `target`; raises `LayoutError` for what is no layout."""
    with _opened(source) as layout:
        top = _entries(layout.json("index.json"), source)
        if _is_index(top):
            entries = _entries(layout.json(_blob(top[0])), source)
            kept = [each for each in entries if _is_image(each)]
            if source.is_file() and len(kept) == len(entries):
                return source
        else:
            entries, kept = [], [layout.placed(each) for each in top if _is_image(each)]
        if not kept:
            raise LayoutError(f"{source}: names no image", remedy=_REMEDY)
        _write(layout, top[0] if len(kept) == len(entries) else _index(kept), kept, target)
    return target


def _is_index(entries: Entries) -> bool:
    return len(entries) == 1 and entries[0].get("mediaType") == image.INDEX


def _is_image(entry: Mapping[str, Any]) -> bool:
    platform = entry.get("platform")
    is_unknown = isinstance(platform, dict) and platform.get("os") == "unknown"
    return entry.get("mediaType") == image.MANIFEST and not is_unknown


def _index(entries: Entries) -> Document:
    value: canonical.Json = {"schemaVersion": 2, "mediaType": image.INDEX, "manifests": entries}
    return Document(image.INDEX, canonical.encode(value))


@dataclass(frozen=True, slots=True)
class _Layout:
    """The files of a layout by name, wherever they are; `find` raises `KeyError` or `OSError`."""

    path: Path
    find: Callable[[str], tuple[IO[bytes], int]]

    def open(self, name: str, limit: int) -> tuple[IO[bytes], int]:
        """A file's stream and its size; raises `LayoutError`."""
        try:
            stream, size = self.find(name)
        except (KeyError, OSError) as error:
            raise LayoutError(f"{self.path}: no {name}", remedy=_REMEDY) from error
        if size > limit:
            stream.close()
            raise LayoutError(f"{self.path}: {name} holds {size} bytes")
        return stream, size

    def json(self, name: str) -> Mapping[str, Any]:
        """A document; raises `LayoutError`."""
        stream, size = self.open(name, MAX_DOCUMENT)
        with stream:
            try:
                value = canonical.decode(stream.read(size))
            except DocumentError as error:
                raise LayoutError(f"{self.path}: {name}: {error}") from error
        if not isinstance(value, dict):
            raise LayoutError(f"{self.path}: {name} is no object")
        return value

    def placed(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """The entry with the platform that its configuration states."""
        config = self.json(_blob(self.json(_blob(entry)).get("config")))
        platform = {key: config.get(key) for key in ("os", "architecture")}
        return {"platform": platform, **entry}

    def copy(self, name: str, target: tarfile.TarFile) -> None:
        """Put a file into an archive."""
        stream, size = self.open(name, MAX_LAYER)
        with stream:
            _put(name, stream, size, target)


@contextmanager
def _opened(path: Path) -> Iterator[_Layout]:
    if path.is_dir():
        yield _Layout(path, partial(_in_folder, path))
        return
    try:
        archive = tarfile.open(path, mode="r:", tarinfo=Header)  # noqa: SIM115 - closed below
        members = dict(_members(archive, path))
    except (tarfile.TarError, MemberError, OSError, ValueError) as error:
        raise LayoutError(f"{path}: no tar archive: {error}", remedy=_REMEDY) from error
    with archive:
        yield _Layout(path, partial(_in_archive, archive, members))


def _in_folder(folder: Path, name: str) -> tuple[IO[bytes], int]:
    file = folder / name
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise LayoutError(f"{folder}: {name} is a link or no file, and has no place there")
    return file.open("rb"), status.st_size


def _in_archive(
    archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], name: str
) -> tuple[IO[bytes], int]:
    stream = archive.extractfile(members[name])
    if stream is None:
        raise KeyError(name)
    return stream, members[name].size


def _members(archive: tarfile.TarFile, path: Path) -> Iterator[tuple[str, tarfile.TarInfo]]:
    for count, member in enumerate(archive):
        if count > MAX_BLOBS:
            raise LayoutError(f"{path}: more than {MAX_BLOBS} members")
        if member.isreg():
            yield member.name.removeprefix("./"), member


def _entries(document: Mapping[str, Any], path: Path) -> Entries:
    found = document.get("manifests")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise LayoutError(f"{path}: no list of manifests", remedy=_REMEDY)
    return found


def _blob(entry: object) -> str:
    return f"{BLOBS}/{Descriptor.read(entry, 'a layout').digest.hex}"


def _write(
    layout: _Layout, index: Document | Mapping[str, Any], images: Entries, target: Path
) -> None:
    names = set()
    for entry in images:
        manifest = layout.json(_blob(entry))
        layers = manifest.get("layers")
        named = [entry, manifest.get("config"), *(layers if isinstance(layers, list) else ())]
        names |= {_blob(each) for each in named}
    with tarfile.open(target, "w") as archive:
        if isinstance(index, Document):
            _put(f"{BLOBS}/{index.digest.hex}", BytesIO(index.data), len(index.data), archive)
            index = index.descriptor()
        else:
            names.add(_blob(index))
        for name in sorted(names):
            layout.copy(name, archive)
        said: dict[str, canonical.Json] = {
            "index.json": {"schemaVersion": 2, "manifests": [index]},
            "oci-layout": {"imageLayoutVersion": "1.0.0"},
        }
        for name, value in said.items():
            data = canonical.encode(value)
            _put(name, BytesIO(data), len(data), archive)


def _put(name: str, stream: IO[bytes], size: int, target: tarfile.TarFile) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    target.addfile(info, stream)
