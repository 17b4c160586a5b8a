"""`etc/ld.so.cache`, as ldconfig(8) would leave it: where the linker finds each library by name.

The format is glibc's own since 2.2 (elf/cache.c, sysdeps/generic/dl-cache.h), without the old one
before it: a header, entries, strings. The linker searches the entries by halves, so their order is
part of the format. The generator's extension is left out, for no ldconfig made this.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from workflow_containers.architecture import Architecture
from workflow_containers.errors import MemberError
from workflow_containers.layers.fragment import Object, Search

PATH = "etc/ld.so.cache"
_MAGIC = b"glibc-ld.so.cache1.1"
_LITTLE_ENDIAN = 2
_HEADER = struct.Struct("<20sIIB3xI12x")
_ENTRY = struct.Struct("<iIIIQ")
_ALWAYS = ("/lib", "/usr/lib")
_MAX_LIBRARIES = 100_000
_PIECE = re.compile(r"([0-9]+)|([^0-9])", re.DOTALL)
_LIBRARY = re.compile(r"(?:lib|ld-)[!-.0-~]*\.so[!-.0-~]*")


@dataclass(frozen=True, slots=True)
class Library:
    """A library by the name that others need it by, and its absolute path."""

    soname: str
    path: str


class Linked(Protocol):
    """What the linker would see of a package: its paths, its ELF files, the folders it adds."""

    @property
    def paths(self) -> Sequence[str]:
        """Of its files and links."""
        ...

    @property
    def objects(self) -> Sequence[Object]:
        """Its ELF files."""
        ...

    @property
    def searches(self) -> Sequence[Search]:
        """Its files of `etc/ld.so.conf.d`."""
        ...


def libraries(fragments: Iterable[Linked], architecture: Architecture) -> tuple[Library, ...]:
    """The libraries ldconfig would list, in its order: of each name the first folder's.

    A name counts when a file or link of that name is there: nothing makes links as ldconfig does.
    What a `glibc-hwcaps` folder has for better processors is left for the linker to find itself.
    Raises `MemberError` for more than any image has.
    """
    fragments = tuple(fragments)
    paths = {path for fragment in fragments for path in fragment.paths}
    hardware = {path.rpartition("/")[2] for path in paths if "/glibc-hwcaps/" in path}
    names: dict[str, set[str]] = {}
    for fragment in fragments:
        for each in fragment.objects:
            folder, _, name = each.path.rpartition("/")
            if each.elf.machine == architecture.elf and _LIBRARY.fullmatch(name):
                names.setdefault(folder, set()).add(each.elf.soname or name)
    found = [
        Library(name, f"{folder}/{name}")
        for folder, place in _folders(fragments, architecture)
        for name in sorted(names.get(place, ()))
        if f"{place}/{name}" in paths and name not in hardware
    ]
    if len(found) > _MAX_LIBRARIES:
        raise MemberError(f"{PATH}: {len(found)} libraries; at most {_MAX_LIBRARIES} are listed")
    return tuple(sorted(found, key=lambda library: _order(library.soname), reverse=True))


def _folders(fragments: Sequence[Linked], architecture: Architecture) -> Iterator[tuple[str, str]]:
    """Each folder as it is named and where that is in the merged `/usr`, once."""
    files = sorted(
        (search.path, search.folders) for fragment in fragments for search in fragment.searches
    )
    seen = set()
    for folder in (*(name for _, folders in files for name in folders), *_ALWAYS):
        top = folder.split("/")[1]
        place = f"usr{folder}" if top in architecture.links else folder.lstrip("/")
        if place not in seen:
            seen.add(place)
            yield folder, place


def _order(soname: str) -> list[tuple[bool, int]]:
    """glibc's own order of names: runs of digits count as numbers, above every letter."""
    pieces: list[tuple[str, str]] = _PIECE.findall(soname)
    return [(True, int(digits)) if digits else (False, ord(other)) for digits, other in pieces]


def encode(found: Sequence[Library], architecture: Architecture) -> bytes:
    """The file's bytes; the libraries stand in ldconfig's order."""
    start = _HEADER.size + len(found) * _ENTRY.size
    strings, offsets = _strings({text for each in found for text in (each.soname, each.path)})
    entries = [
        _ENTRY.pack(
            architecture.cache_flags, start + offsets[each.soname], start + offsets[each.path], 0, 0
        )
        for each in found
    ]
    header = _HEADER.pack(_MAGIC, len(found), len(strings), _LITTLE_ENDIAN, 0)
    return b"".join((header, *entries, strings))


def _strings(texts: set[str]) -> tuple[bytes, dict[str, int]]:
    """A table where a text that ends another one shares its bytes, and where each text is."""
    ordered = sorted((text.encode() for text in texts), key=lambda text: text[::-1], reverse=True)
    table, offsets = b"", {}
    for before, text in pairwise([b"", *ordered]):
        if not before.endswith(text):
            table += text + b"\0"
        offsets[text.decode()] = len(table) - 1 - len(text)
    return table, offsets
