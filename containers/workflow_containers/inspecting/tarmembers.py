"""Tar archives as they are: every header field and every byte counts, nothing is made plain.

Reads ustar, pax (POSIX.1-2001) and GNU's long names in one pass. Sizes, counts and texts are
bounded as in `layers.tarread`, which is for archives that are taken over; this one only looks.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import MAX_PATH
from workflow_containers.layers.tarread import MAX_MEMBERS, Bounded, Header

T = TypeVar("T")
MAX_TEXT = 64 << 20
MAX_RECORDS = 1000
_BLOCK = 512
_STEP = 256 << 10
_KINDS = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "hard link",
    b"2": "symbolic link",
    b"3": "character device",
    b"4": "block device",
    b"5": "folder",
    b"6": "pipe",
}
_WITHOUT_CONTENTS = frozenset(b"123456")
_OVERRIDING = {"path", "linkpath", "size", "mtime", "uid", "gid", "uname", "gname"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a member's headers say; `time` in seconds as written, `extensions` are pax records."""

    path: str
    kind: str
    mode: int
    owner: str
    time: str
    target: str
    size: int
    device: str
    form: str
    extensions: tuple[tuple[str, str], ...]

    @property
    def is_file(self) -> bool:
        """Whether it has contents of its own."""
        return self.kind == "file"


@dataclass(frozen=True, slots=True)
class Member(Generic[T]):
    """A member: its head, a digest of all its bytes that are not contents, what a visit gave."""

    head: Head
    framing: str
    found: T


Visit = Callable[[Head, Iterator[bytes]], T]


class TarMembers:
    """One archive, read once; `origin` names it in messages. Raises `MemberError`."""

    def __init__(self, stream: Bounded, origin: str) -> None:
        self._stream = stream
        self._origin = origin
        self._framing = hashlib.sha256()
        self._shared: dict[str, str] = {}
        self._texts = 0
        self.end = ""

    def members(self, visit: Visit[T]) -> Iterator[Member[T]]:
        """Each member after its visit, which is given the contents in pieces.

        When all are read, `end` digests what comes after the last.
        """
        count = 0
        while (head := self._head()) is not None:
            count += 1
            if count > MAX_MEMBERS:
                raise MemberError(f"{self._origin}: more than {MAX_MEMBERS} members")
            pieces = self._contents(head.size)
            found = visit(head, pieces)
            for _ in pieces:
                pass
            self._framed(-head.size % _BLOCK)
            yield Member(head, self._framing.hexdigest()[:32], found)
            self._framing = hashlib.sha256()
        while rest := self._stream.read(_STEP):
            self._framing.update(rest)
        self.end = self._framing.hexdigest()

    def _head(self) -> Head | None:
        records: dict[str, str] = {}
        form = ""
        while block := self._block():
            header = _header(block, self._origin)
            if header is None:
                return None
            match header.type:
                case tarfile.XHDTYPE | tarfile.SOLARIS_XHDTYPE:
                    records |= _records(self._framed(header.size, padded=True), self._origin)
                    form = "pax"
                case tarfile.XGLTYPE:
                    self._shared |= _records(self._framed(header.size, padded=True), self._origin)
                    form = "pax"
                case tarfile.GNUTYPE_LONGNAME | tarfile.GNUTYPE_LONGLINK:
                    key = "path" if header.type == tarfile.GNUTYPE_LONGNAME else "linkpath"
                    records[key] = _text(self._framed(header.size, padded=True).rstrip(b"\0"))
                case tarfile.GNUTYPE_SPARSE:
                    raise MemberError(f"{self._origin}: {header.name[:120]!r} is a sparse file")
                case _:
                    return self._made(header, {**self._shared, **records}, form or _form(block))
        return None

    def _made(self, header: Header, records: Mapping[str, str], form: str) -> Head:
        path, target = records.get("path", header.name), records.get("linkpath", header.linkname)
        self._texts += sum(map(len, (path, target, *records, *records.values())))
        if max(len(path), len(target)) > MAX_PATH or self._texts > MAX_TEXT:
            raise MemberError(f"{self._origin}: paths and headers longer than is allowed")
        owner = ":".join(records.get(each, str(getattr(header, each))) for each in ("uid", "gid"))
        names = [records.get(each, getattr(header, each)) for each in ("uname", "gname")]
        is_device = header.type in {tarfile.CHRTYPE, tarfile.BLKTYPE}
        return Head(
            path=path.removeprefix("./").rstrip("/") or ".",
            kind=_KINDS.get(header.type, f"member of type {header.type!r}"),
            mode=header.mode,
            owner=f"{owner} ({':'.join(names)})" if any(names) else owner,
            time=records.get("mtime", str(header.mtime)),
            target=target,
            size=self._size(header, records),
            device=f"{header.devmajor},{header.devminor}" if is_device else "",
            form=form,
            extensions=tuple(
                (key, value) for key, value in sorted(records.items()) if key not in _OVERRIDING
            ),
        )

    def _size(self, header: Header, records: Mapping[str, str]) -> int:
        if header.type in {bytes((each,)) for each in _WITHOUT_CONTENTS}:
            return 0
        text = records.get("size", str(header.size))
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise MemberError(f"{self._origin}: a member of {text[:40]!r} bytes")
        return int(text)

    def _contents(self, size: int) -> Iterator[bytes]:
        while size > 0:
            data = self._stream.read(min(_STEP, size))
            if not data:
                raise MemberError(f"{self._origin}: cut short")
            size -= len(data)
            yield data

    def _framed(self, size: int, *, padded: bool = False) -> bytes:
        """So many bytes that are not contents."""
        whole = size + (-size % _BLOCK if padded else 0)
        data = b"".join(self._contents(whole))
        self._framing.update(data)
        return data[:size]

    def _block(self) -> bytes:
        """The next block; none where the stream ends, which some archives do without a mark."""
        block = b""
        while len(block) < _BLOCK and (data := self._stream.read(_BLOCK - len(block))):
            block += data
        if 0 < len(block) < _BLOCK:
            raise MemberError(f"{self._origin}: cut short")
        self._framing.update(block)
        return block


def _header(block: bytes, origin: str) -> Header | None:
    """The block as a header; None for the zeros that end an archive."""
    if not block.strip(b"\0"):
        return None
    try:
        return Header.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError) as error:
        raise MemberError(f"{origin}: damaged: {error}") from error


def _form(block: bytes) -> str:
    return {b"ustar\x0000": "ustar", b"ustar  \0": "gnu"}.get(block[257:265], "v7")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _records(data: bytes, origin: str) -> dict[str, str]:
    """Pax records: `LENGTH KEY=VALUE` and a line's end, the length that of it all."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        digits, space, _ = data[at : at + 9].partition(b" ")
        end = at + int(digits) if space and digits.isdigit() else 0
        key, equals, value = data[at + len(digits) + 1 : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n" or len(found) >= MAX_RECORDS:
            raise MemberError(f"{origin}: a damaged or endless pax header")
        found[_text(key)] = _text(value)
        at = end
    return found
