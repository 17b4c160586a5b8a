"""A root as a container sees it: layers merged, what whiteouts take away gone, links understood.

Paths are relative to the root and canonical: no folder in one is a link. Format: OCI image
specification 1.1, layer.md. Where it is silent on a folder that is a link, an entry goes where
the link leads, inside the root, as containerd has it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from workflow_containers.errors import MemberError
from workflow_containers.layers import elf, foreign
from workflow_sbom.digest import Digest

MAX_NODES = 2_000_000
MAX_CONTENTS = 64 << 30
MAX_KEPT = 128 << 20
MAX_OBJECT = 64 << 20
MAX_REMOVALS = 10_000_000
_STEP = 1 << 20
_MAX_LINKS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A regular file; `source` says where its bytes are: which layer, which member, from 0."""

    mode: int
    size: int
    digest: Digest
    layer: int
    source: tuple[int, int]
    elf: elf.Elf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder; `owner` are the numbers of its user and group."""

    mode: int
    owner: tuple[int, int]
    layer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A symbolic link."""

    target: str
    layer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """A device or a pipe."""

    layer: int


Node = File | Folder | Link | Special
"""Each says which layer put it there, from 0."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A merged root: what is at each path, and the bytes of files that were asked for."""

    nodes: Mapping[str, Node]
    kept: Mapping[Digest, bytes] = field(repr=False)

    def resolve(self, path: str) -> str:
        """The path with every link in it followed, the last one, too; raises `MemberError`."""
        return _resolve(self.nodes, path)

    def place(self, path: str) -> str:
        """Where an entry of that path would be: the links of its folders followed."""
        return _place(self.nodes, path)

    def find(self, path: str) -> Node | None:
        """What is at a path, links followed."""
        try:
            return self.nodes.get(self.resolve(path))
        except MemberError:
            return None

    def has_file(self, path: str) -> bool:
        """Whether a regular file is at a path, links followed."""
        return isinstance(self.find(path), File)

    def file(self, path: str) -> bytes | None:
        """The bytes of a file at a path, links followed, if they were kept."""
        found = self.find(path)
        return self.kept.get(found.digest) if isinstance(found, File) else None

    def below(self, folder: str) -> Iterator[tuple[str, Node]]:
        """What is in a folder and the folders in it."""
        return ((path, node) for path, node in self.nodes.items() if path.startswith(f"{folder}/"))


def _resolve(nodes: Mapping[str, Node], path: str) -> str:
    todo, done, links = path.split("/")[::-1], list[str](), 0
    while todo:
        part = todo.pop()
        if part == "..":
            del done[-1:]
            continue
        if part in {"", "."}:
            continue
        node = nodes.get("/".join((*done, part)))
        if not isinstance(node, Link):
            done.append(part)
            continue
        links += 1
        if links > _MAX_LINKS:
            raise MemberError(f"{path[:120]!r} leads through more than {_MAX_LINKS} links")
        if node.target.startswith("/"):
            done.clear()
        todo += node.target.split("/")[::-1]
    return "/".join(done)


def _place(nodes: Mapping[str, Node], path: str) -> str:
    folder, slash, name = path.rpartition("/")
    above = _resolve(nodes, folder)
    return f"{above}/{name}" if slash and above else name


class Merging:
    """Layers being put on one another. Files whose path matches `kept` have their bytes kept."""

    def __init__(self, kept: re.Pattern[str]) -> None:
        self._wanted = kept
        self._kept: dict[Digest, bytes] = {}
        self._kept_size = self._size = self._removals = 0
        self._nodes: dict[str, Node] = {}
        self._names: dict[str, set[str]] = {}

    def add(self, number: int, members: Iterable[foreign.Member]) -> None:
        """Put the next layer on; raises `MemberError`."""
        for at, member in enumerate(members):
            match member:
                case foreign.Whiteout(path):
                    self._remove(_place(self._nodes, path), below=number)
                case foreign.Opaque(path):
                    self._empty(_resolve(self._nodes, path), below=number)
                case foreign.Regular(path):
                    self._put(path, self._file(member, (number, at)))
                case foreign.Folder(path, mode, owner):
                    self._put(path, Folder(mode=mode, owner=owner, layer=number))
                case foreign.Link(path, target):
                    self._put(path, Link(target=target, layer=number))
                case foreign.Hardlink(path, target):
                    self._put(path, self._linked(path, target, number))
                case foreign.Special(path):
                    self._put(path, Special(layer=number))
                case _:
                    assert_never(member)

    def tree(self) -> Tree:
        """What has come of it."""
        return Tree(dict(sorted(self._nodes.items())), dict(self._kept))

    def _put(self, path: str, node: Node) -> None:
        place = _place(self._nodes, path)
        if not (isinstance(node, Folder) and isinstance(self._nodes.get(place), Folder)):
            self._remove(place, below=node.layer + 1)
        self._note(place, node)
        while (place := place.rpartition("/")[0]) and not isinstance(
            self._nodes.get(place), Folder
        ):
            self._note(place, Folder(mode=0o755, owner=(0, 0), layer=node.layer))

    def _note(self, place: str, node: Node) -> None:
        self._nodes[place] = node
        if len(self._nodes) > MAX_NODES:
            raise MemberError(f"a root of more than {MAX_NODES} files")
        self._names.setdefault(place.rpartition("/")[0], set()).add(place)

    def _remove(self, place: str, *, below: int) -> None:
        """Take away what layers before `below` have at a path, what is in it first."""
        self._empty(place, below=below)
        self._drop(place, below)

    def _empty(self, folder: str, *, below: int) -> None:
        """Take away what layers before `below` have in a folder."""
        found, todo = list[str](), [folder]
        while todo:
            names = self._names.get(todo.pop(), set())
            found += names
            todo += names
        self._removals += len(found)
        if self._removals > MAX_REMOVALS:
            raise MemberError("layers that take away more than any root holds")
        for place in sorted(found, reverse=True):  # what is in a folder before the folder
            self._drop(place, below)

    def _drop(self, place: str, below: int) -> None:
        node = self._nodes.get(place)
        if node is not None and node.layer < below and not self._names.get(place):
            del self._nodes[place]
            self._names[place.rpartition("/")[0]].discard(place)

    def _linked(self, path: str, target: str, layer: int) -> File:
        found = self._nodes.get(_place(self._nodes, target))
        if not isinstance(found, File):
            raise MemberError(f"{path[:120]!r} is another name of {target[:120]!r}, no file")
        return replace(found, layer=layer)

    def _file(self, member: foreign.Regular, source: tuple[int, int]) -> File:
        self._size += member.size
        if self._size > MAX_CONTENTS:
            raise MemberError(f"layers that hold more than {MAX_CONTENTS} bytes")
        wanted = self._wanted.fullmatch(_place(self._nodes, member.path)) is not None
        data, digest = _read(member, wanted)
        if wanted and data is not None:
            self._keep(digest, data)
        return File(
            mode=member.mode,
            size=member.size,
            digest=digest,
            layer=source[0],
            source=source,
            elf=elf.parse(data) if data is not None else None,
        )

    def _keep(self, digest: Digest, data: bytes) -> None:
        self._kept[digest] = data
        self._kept_size += len(data)
        if self._kept_size > MAX_KEPT:
            raise MemberError(f"records and programs of more than {MAX_KEPT} bytes")


def _read(member: foreign.Regular, wanted: bool) -> tuple[bytes | None, Digest]:
    """A file's digest, and its bytes where they are wanted or an ELF object's, and not too many."""
    data = member.content.read(_STEP)
    state, parts = hashlib.sha256(data), [data]
    keep = (wanted or data.startswith(elf.MAGIC)) and member.size <= MAX_OBJECT
    while data := member.content.read(_STEP):
        state.update(data)
        if keep:
            parts.append(data)
    return b"".join(parts) if keep else None, Digest(state.hexdigest())
