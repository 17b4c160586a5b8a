"""Debian binary packages (deb(5)): an `ar` archive holding two compressed tar archives."""

from __future__ import annotations

import io
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import Entry, File
from workflow_containers.layers.tarread import Bounded, members

MAX_CONTENTS = 2 << 30
MAX_CONTROL = 8 << 20
_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package: its control stanza as it stands, its checksums, and where its contents are."""

    origin: str
    control: bytes
    md5sums: bytes | None
    suffix: str
    data: bytes

    @property
    def fields(self) -> dict[str, str]:
        """The control stanza's one-line fields."""
        return fields(self.control)

    def entries(self) -> Iterator[Entry]:
        """The contents in the package's own order; raises `MemberError` for what may not be."""
        stream = Bounded(_opened(self.suffix, self.data, self.origin), MAX_CONTENTS, self.origin)
        yield from members(stream, self.origin)


def fields(stanza: bytes) -> dict[str, str]:
    """The one-line fields of a control stanza, the first line of longer ones."""
    lines = stanza.decode(errors="replace").splitlines()
    found = (_FIELD.fullmatch(line) for line in lines if line and line[0] not in " \t")
    return {match[1]: match[2].strip() for match in found if match}


def read(data: bytes, origin: str) -> Package:
    """Read a package; raises `MemberError` for what is none.

    `origin` names it in messages.
    """
    parts = dict(_ar(data, origin))
    control_suffix, control = _one(parts, "control.tar", origin)
    suffix, contents = _one(parts, "data.tar", origin)
    files = _control_files(control_suffix, control, origin)
    if "control" not in files:
        raise MemberError(f"{origin}: no control file")
    return Package(
        origin=origin,
        control=files["control"],
        md5sums=files.get("md5sums"),
        suffix=suffix,
        data=contents,
    )


def _ar(data: bytes, origin: str) -> Iterator[tuple[str, bytes]]:
    """Common `ar` archive: 60-byte headers, members padded to even length."""
    if data[:8] != b"!<arch>\n":
        raise MemberError(f"{origin}: no Debian package")
    at = 8
    while at < len(data):
        header = data[at : at + 60]
        size = header[48:58].strip()
        if len(header) < 60 or header[58:] != b"`\n" or not size.isdigit():
            raise MemberError(f"{origin}: damaged at byte {at}")
        body = data[at + 60 : at + 60 + int(size)]
        if len(body) != int(size):
            raise MemberError(f"{origin}: cut short")
        yield header[:16].decode("ascii", errors="replace").strip().rstrip("/"), body
        at += 60 + len(body) + len(body) % 2


def _one(parts: dict[str, bytes], name: str, origin: str) -> tuple[str, bytes]:
    found = [key for key in parts if key == name or key.startswith(f"{name}.")]
    if len(found) != 1:
        raise MemberError(f"{origin}: {len(found)} parts called {name}; one is expected")
    return found[0].removeprefix(name), parts[found[0]]


def _opened(suffix: str, data: bytes, origin: str) -> BinaryIO:
    match suffix:
        case "":
            return io.BytesIO(data)
        case ".xz" | ".lzma":
            return cast("BinaryIO", lzma.LZMAFile(io.BytesIO(data)))
        case ".gz":
            import gzip

            return cast("BinaryIO", gzip.GzipFile(fileobj=io.BytesIO(data)))
        case _:
            raise MemberError(f"{origin}: packed as {suffix[:12]!r}; .xz, .gz and none are read")


def _control_files(suffix: str, data: bytes, origin: str) -> dict[str, bytes]:
    stream = Bounded(_opened(suffix, data, origin), MAX_CONTROL, origin)
    entries = members(stream, origin)
    return {entry.path: entry.data for entry in entries if isinstance(entry, File)}
