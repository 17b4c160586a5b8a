"""What lies in a distribution beside its own code: documents (PEP 770), libraries, licence files.

The same questions are asked of a wheel and of an installed distribution; both are a `Tree`. What is
read is bounded, whatever the tree claims.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Protocol

from workflow_sbom.digest import CHUNK, Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.licensing.recognising import recognise
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.python import libraries
from workflow_sbom.python.libraries import Library

MAX_DOCUMENTS = 100
MAX_DOCUMENT = 16 << 20
MAX_LICENCE_FILES = 50
MAX_LICENCE_FILE = 1 << 20
MAX_LIBRARIES = 10_000
MAX_LIBRARY_BYTES = 8 << 30

_LICENCE = re.compile(r"(UN)?LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|AUTHORS", re.IGNORECASE)
_NO_LICENCE = re.compile(r"COPYRIGHT|NOTICE|AUTHORS", re.IGNORECASE)
_LICENCE_FOLDERS = ("licenses", "license_files", "LICENSES")
_COPYRIGHT = re.compile(r"[ \t]*(?P<line>(?:Copyright|©)[^\n]*\b(?:19|20)\d\d\b[^\n]*?)[ \t\r]*")
_VENDORED = re.compile(r"(?:[^/]+/)*[^/]*vendor[^/]*/(?:[^/]+/)*[^/]+\.dist-info/METADATA")
_LONGEST_LINE = 200
_OF_THE_LICENCE = "Free Software Foundation, Inc."  # wrote the text of the GNU licences


class Tree(Protocol):
    """The files of one distribution, by paths from the folder that modules are imported from."""

    def names(self) -> Iterable[str]:
        """Every file that may matter here."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """The bytes of one of the files, seekable; `FileNotFoundError` where it is not there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file inside a distribution that tells of others; cut off one byte after the limit."""

    path: str
    data: bytes

    @property
    def name(self) -> str:
        """A bill of materials' path below `.dist-info/sboms/`."""
        return self.path.partition("/sboms/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a distribution holds beside its own code.

    `vendored` is the metadata of distributions that are copied into it.
    `copyright` are the lines its licence files state, `licence` is that of its one licence file,
    `native` tells that machine code is there, `missing` are libraries that should be there and are
    not.
    """

    documents: tuple[Document, ...] = ()
    vendored: tuple[Document, ...] = ()
    libraries: tuple[Library, ...] = ()
    native: bool = False
    copyright: tuple[str, ...] = ()
    licence: SpdxLicence | None = None
    missing: tuple[str, ...] = ()


def read(tree: Tree, folder: str) -> Contents:
    """What the tree of the distribution with this `.dist-info` folder holds.

    Raises `InventoryError` for more than is ever read, `OSError` and whatever the tree raises for
    what can't be read.
    """
    names = sorted(set(tree.names()))
    missing: list[str] = []
    texts = _licence_texts(tree, folder, names)
    return Contents(
        documents=tuple(_documents(tree, folder, names)),
        vendored=tuple(_vendored(tree, folder, names)),
        libraries=tuple(_libraries(tree, names, missing)),
        missing=tuple(missing),
        native=any(map(libraries.is_native, names)),
        copyright=tuple(dict.fromkeys(_copyright(texts.values()))),
        licence=_licence(texts),
    )


def _documents(tree: Tree, folder: str, names: Iterable[str]) -> Iterator[Document]:
    found = [name for name in names if name.startswith(f"{folder}/sboms/")]
    if len(found) > MAX_DOCUMENTS:
        raise InventoryError(f"{folder}: {len(found)} bills of materials; at most {MAX_DOCUMENTS}")
    for name in found:
        with tree.open(name) as stream:
            yield Document(path=name, data=stream.read(MAX_DOCUMENT + 1))


def _vendored(tree: Tree, folder: str, names: Iterable[str]) -> Iterator[Document]:
    found = [name for name in names if _VENDORED.fullmatch(name)]
    if len(found) > MAX_DOCUMENTS:
        raise InventoryError(f"{folder}: {len(found)} vendored parts; at most {MAX_DOCUMENTS}")
    for name in found:
        with suppress(FileNotFoundError), tree.open(name) as stream:
            yield Document(path=name, data=stream.read(MAX_DOCUMENT + 1))


def _libraries(tree: Tree, names: Iterable[str], missing: list[str]) -> Iterator[Library]:
    found = [name for name in names if libraries.may_be_bundled(name)]
    if len(found) > MAX_LIBRARIES:
        raise InventoryError(f"{found[0]}: one of {len(found)} libraries; at most {MAX_LIBRARIES}")
    left = MAX_LIBRARY_BYTES
    for name in found:
        try:
            with tree.open(name) as stream:
                digest, size = _measured(stream, left)
                soname = libraries.soname(stream, size)
        except FileNotFoundError:
            missing.append(name)
            continue
        left -= size
        if libraries.is_bundled(name, soname):
            yield Library(path=name, digest=digest, soname=soname)


def _measured(stream: IO[bytes], limit: int) -> tuple[Digest, int]:
    sha256, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        sha256.update(chunk)
        size += len(chunk)
        if size > limit:
            raise InventoryError(f"libraries of more than {MAX_LIBRARY_BYTES} bytes")
    return Digest(sha256.hexdigest()), size


def _licence_texts(tree: Tree, folder: str, names: Iterable[str]) -> dict[str, str]:
    files = [name for name in names if is_licence(name, folder)]
    texts = {}
    for name in files[:MAX_LICENCE_FILES]:
        with tree.open(name) as stream:
            texts[name] = stream.read(MAX_LICENCE_FILE).decode("utf-8", "replace")
    return texts


def _copyright(texts: Iterable[str]) -> Iterator[str]:
    """The lines that state a copyright and a year; those of the licence's own text are none."""
    for text in texts:
        for line in text.split("\n"):
            found = _COPYRIGHT.fullmatch(line[: _LONGEST_LINE + 1])
            if found and _OF_THE_LICENCE not in line and _is_clean(found["line"]):
                yield " ".join(found["line"].split())


def _licence(texts: Mapping[str, str]) -> SpdxLicence | None:
    """The licence of the one file that is a licence's text; of several nobody can tell which."""
    found = [text for name, text in texts.items() if not _NO_LICENCE.match(name.rpartition("/")[2])]
    return recognise(found[0]) if len(found) == 1 else None


def _is_clean(line: str) -> bool:
    return len(line) <= _LONGEST_LINE and "\ufffd" not in line and line.isprintable()


def is_licence(name: str, folder: str) -> bool:
    """Whether a file is one of the licence files of the distribution in this folder (PEP 639)."""
    if not name.startswith(f"{folder}/"):
        return False
    first, _, below = name.removeprefix(f"{folder}/").partition("/")
    return first in _LICENCE_FOLDERS if below else bool(_LICENCE.match(first))
