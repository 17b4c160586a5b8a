"""Fragments: a package, a wheel or an application as one tar fragment, compressed once.

A fragment holds no folders (those are the layer's, so that none stands twice) and no end of
archive, so fragments concatenate to a layer. It is kept by content in the store, with what the
checks of an image need to know about it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Any

from workflow_containers.errors import MemberError
from workflow_containers.layers import elf, tarstream
from workflow_containers.layers.compress import Member
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, parents
from workflow_containers.store import Store
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

_CONFIGURATION = re.compile(r"etc/ld\.so\.conf\.d/[^/.][^/]*\.conf")
_MAX_FOLDERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An ELF file of a fragment and where it is."""

    path: str
    elf: elf.Elf


@dataclass(frozen=True, slots=True)
class Search:
    """A file of `etc/ld.so.conf.d`, and the folders it adds to the linker's search."""

    path: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """What is known of a fragment: its compressed bytes by digest, sizes in bytes, its paths.

    `raw` is the digest of the uncompressed bytes; `folders` are those its files need.
    """

    name: str
    blob: Digest
    size: int
    raw: Digest
    raw_size: int
    paths: tuple[str, ...]
    folders: tuple[str, ...]
    objects: tuple[Object, ...]
    searches: tuple[Search, ...] = ()


class _Writer:
    """Compresses entries as they come and notes what they are."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self._name = name
        self._stream = stream
        self._packed = hashlib.sha256()
        self._raw = hashlib.sha256()
        self._size = self._raw_size = 0
        self._paths: dict[str, bool] = {}
        self._folders: set[str] = set()
        self._objects: list[Object] = []
        self._searches: list[Search] = []
        self._member = Member(self)

    def write(self, data: bytes) -> None:
        """Take compressed bytes."""
        self._packed.update(data)
        self._size += len(data)
        self._stream.write(data)

    def add(self, entry: Entry) -> None:
        """Take an entry; raises `MemberError` for one that stands twice."""
        self._folders.update(parents(entry.path))
        if isinstance(entry, Directory):
            self._folders.add(entry.path)
            return
        if entry.path in self._paths:
            raise MemberError(f"{self._name}: {entry.path!r} stands twice")
        if isinstance(entry, Hardlink) and not self._paths.get(entry.target):
            raise MemberError(f"{self._name}: {entry.path!r} links to no file before it")
        self._paths[entry.path] = not hasattr(entry, "target") or isinstance(entry, Hardlink)
        if isinstance(entry, File):
            self._note(entry)
        for data in tarstream.pieces(entry):
            self._raw.update(data)
            self._raw_size += len(data)
            self._member.write(data)

    def _note(self, file: File) -> None:
        match linked(file):
            case Object() as found:
                self._objects.append(found)
            case Search() as search:
                self._searches.append(search)
            case _:
                pass

    def finish(self) -> Fragment:
        """Everything was added."""
        clash = sorted(self._folders & self._paths.keys())
        if clash:
            raise MemberError(f"{self._name}: {clash[0]!r} is a file and a folder")
        self._member.finish()
        return Fragment(
            name=self._name,
            blob=Digest(self._packed.hexdigest()),
            size=self._size,
            raw=Digest(self._raw.hexdigest()),
            raw_size=self._raw_size,
            paths=tuple(sorted(self._paths)),
            folders=tuple(sorted(self._folders)),
            objects=tuple(self._objects),
            searches=tuple(self._searches),
        )


def linked(file: File) -> Object | Search | None:
    """What the dynamic linker would make of a file."""
    if (found := elf.parse(file.data)) is not None:
        return Object(path=file.path, elf=found)
    if _CONFIGURATION.fullmatch(file.path):
        return Search(file.path, _named(file.data))
    return None


def _named(data: bytes) -> tuple[str, ...]:
    """The absolute folders of an ld.so.conf(5) file, a line each; `#` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in data.decode(errors="replace").splitlines())
    folders = (line.rstrip("/") for line in lines if line.startswith("/"))
    return tuple(folder for folder in folders if folder)[:_MAX_FOLDERS]


def write(store: Store, name: str, entries: Iterable[Entry]) -> Fragment:
    """Write entries to a fragment in the store; `name` tells where they come from."""
    with store.writing() as stream:
        writer = _Writer(name, stream)
        for entry in entries:
            writer.add(entry)
        fragment = writer.finish()
        store.adopt(stream, fragment.blob)
    return fragment


def remember(store: Store, key: Digest, fragment: Fragment) -> None:
    """Keep what is known of a fragment under the digest of all that it was made from."""
    store.remember(key, _encoded(fragment))


def recall(store: Store, key: Digest) -> Fragment | None:
    """The fragment remembered under a key, if its bytes are still there and unchanged."""
    known = store.recall(key)
    if known is None:
        return None
    fragment = _decoded(known)
    return fragment if store.has(fragment.blob) else None


def _encoded(fragment: Fragment) -> canonical.Json:
    return {
        "name": fragment.name,
        "blob": fragment.blob.hex,
        "size": fragment.size,
        "raw": fragment.raw.hex,
        "raw-size": fragment.raw_size,
        "paths": fragment.paths,
        "folders": fragment.folders,
        "objects": [
            [each.path, each.elf.machine, each.elf.soname, each.elf.needed, each.elf.runpath]
            for each in fragment.objects
        ],
        "searches": [[each.path, each.folders] for each in fragment.searches],
    }


def _decoded(known: Any) -> Fragment:
    return Fragment(
        name=known["name"],
        blob=Digest(known["blob"]),
        size=known["size"],
        raw=Digest(known["raw"]),
        raw_size=known["raw-size"],
        paths=tuple(known["paths"]),
        folders=tuple(known["folders"]),
        objects=tuple(map(_object, known["objects"])),
        searches=tuple(Search(path, tuple(folders)) for path, folders in known["searches"]),
    )


def _object(known: list[Any]) -> Object:
    path, machine, soname, needed, runpath = known
    return Object(
        path=path,
        elf=elf.Elf(machine=machine, soname=soname, needed=tuple(needed), runpath=tuple(runpath)),
    )
