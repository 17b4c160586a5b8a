"""Wheels (PEP 427, binary distribution format 1.0) read straight into image entries.

Nothing is unpacked to disk and no installer runs: RECORD is proved file by file, `.data` folders
go where their scheme says, and the installed RECORD and INSTALLER are written as PEP 376 and
PEP 627 ask.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import Entry, File, check_path

INSTALLER = b"workflow-containers\n"
MAX_MEMBER = 512 << 20
MAX_CONTENTS = 2 << 30
MAX_MEMBERS = 100_000
_RECORDS = ("RECORD", "RECORD.jws", "RECORD.p7s")
_SCHEMES = ("purelib", "platlib", "scripts", "data", "headers")
_SHEBANG = re.compile(rb"#!python[^\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where an image keeps what wheels bring; paths relative to the root.

    `packages` for modules, `prefix` for scripts and data, `python` the interpreter's path.
    """

    packages: str
    prefix: str
    python: str

    def place(self, name: str, scheme: str, distribution: str) -> str:
        """Where a file of a `.data` scheme goes."""
        match scheme:
            case "scripts":
                return f"{self.prefix}/bin/{name}"
            case "headers":
                return f"{self.prefix}/include/{distribution}/{name}"
            case "data":
                return f"{self.prefix}/{name}"
            case _:
                return f"{self.packages}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of RECORD: a path, the digest as `sha256=<urlsafe base64>`, the size in bytes."""

    path: str
    digest: str
    size: str


class Wheel:
    """An open wheel; raises `MemberError` for what is none or tries to leave its place."""

    def __init__(self, path: Path, filename: str | None = None) -> None:
        self.origin = filename or path.name
        try:
            name, version, _, self.tags = parse_wheel_filename(self.origin)
            self._zip = zipfile.ZipFile(path)
        except (InvalidWheelFilename, zipfile.BadZipFile, OSError) as error:
            raise MemberError(f"{self.origin[:200]!r}: no wheel: {error}") from error
        self.name, self.version = canonicalize_name(name), str(version)
        self._members = dict(_members(self._zip, self.origin))
        self.info = _info(self._members, self.name, self.origin)
        self._data = self.info.removesuffix(".dist-info") + ".data"
        self._rows = self._record()
        self._recorded = {row.digest for row in self._rows.values()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def runs_on(self, tags: frozenset[Tag]) -> bool:
        """Whether one of the wheel's tags is among those given."""
        return not self.tags.isdisjoint(tags)

    def read(self, name: str) -> bytes:
        """A member's bytes, checked against RECORD; raises `MemberError`."""
        data = _read(self._zip, self._members, name, self.origin)
        if (row := self._rows.get(name)) is not None:
            self._check(row, data)
        return data

    def records(self, data: bytes) -> bool:
        """Whether RECORD gives a file these bytes."""
        return record_digest(data) in self._recorded

    def entries(self, site: Site) -> Iterator[File]:
        """The files as installed, in the order of their names, without RECORD."""
        for name in sorted(self._members):
            if "__pycache__" not in name.split("/") and not self._is_record(name):
                yield self._entry(name, site)
        yield File(f"{site.packages}/{self.info}/INSTALLER", 0o644, INSTALLER)

    def _entry(self, name: str, site: Site) -> File:
        data = self.read(name)
        mode = self._members[name].external_attr >> 16
        executable = bool(mode & 0o111)
        if not name.startswith(f"{self._data}/"):
            return File(f"{site.packages}/{name}", 0o755 if executable else 0o644, data)
        _, scheme, rest = [*name.split("/", 2), "", ""][:3]
        if scheme not in _SCHEMES or not rest:
            raise MemberError(f"{self.origin}: {name[:120]!r} is of no known scheme")
        if scheme == "scripts":
            executable = True
            data = _SHEBANG.sub(f"#!/{site.python}".encode(), data, count=1)
        return File(
            check_path(site.place(rest, scheme, self.name), self.origin),
            0o755 if executable else 0o644,
            data,
        )

    def _is_record(self, name: str) -> bool:
        return name in {f"{self.info}/{record}" for record in _RECORDS}

    def _record(self) -> dict[str, Row]:
        name = f"{self.info}/RECORD"
        text = _read(self._zip, self._members, name, self.origin).decode(errors="replace")
        rows: dict[str, Row] = {}
        for line in csv.reader(io.StringIO(text, newline="")):
            if len(line) != 3 or line[0] in rows:
                raise MemberError(f"{self.origin}: RECORD has a line that is wrong or twice there")
            rows[line[0]] = Row(path=line[0], digest=line[1], size=line[2])
        self._require_same_names(rows)
        return {path: row for path, row in rows.items() if not self._is_record(path)}

    def _require_same_names(self, rows: dict[str, Row]) -> None:
        listed = {path for path in rows if not self._is_record(path)}
        there = {path for path in self._members if not self._is_record(path)}
        for path in sorted(there - listed):
            raise MemberError(f"{self.origin}: {path[:120]!r} is not in RECORD")
        for path in sorted(listed - there):
            raise MemberError(f"{self.origin}: RECORD names {path[:120]!r}, which is not there")

    def _check(self, row: Row, data: bytes) -> None:
        if row.digest != record_digest(data):
            raise MemberError(f"{self.origin}: {row.path[:120]!r} differs from RECORD")
        if row.size not in {"", str(len(data))}:
            raise MemberError(f"{self.origin}: {row.path[:120]!r} has another size than RECORD")


def record_digest(data: bytes) -> str:
    """A digest as RECORD writes it (PEP 376)."""
    encoded = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={encoded.decode()}"


def record(site: Site, info: str, rows: list[Row]) -> File:
    """The installed RECORD: what was written, and compiled files without a digest (PEP 376)."""
    path = f"{site.packages}/{info}/RECORD"
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for row in sorted([*rows, Row(path=path, digest="", size="")], key=lambda row: row.path):
        writer.writerow((_relative(row.path, site.packages), row.digest, row.size))
    return File(path, 0o644, out.getvalue().encode())


def row_of(entry: Entry) -> Row:
    """The RECORD line of an installed file."""
    if not isinstance(entry, File) or "/__pycache__/" in entry.path:
        return Row(path=entry.path, digest="", size="")
    return Row(path=entry.path, digest=record_digest(entry.data), size=str(len(entry.data)))


def _relative(path: str, base: str) -> str:
    here, there = base.split("/"), path.split("/")
    same = 0
    while same < min(len(here), len(there)) and here[same] == there[same]:
        same += 1
    return "/".join([".."] * (len(here) - same) + there[same:])


def _members(archive: zipfile.ZipFile, origin: str) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_CONTENTS:
        raise MemberError(f"{origin}: unpacks to more than is allowed")
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename
        if "\\" in name or info.flag_bits & 0x1:
            raise MemberError(f"{origin}: {name[:120]!r} has a backslash or is encrypted")
        check_path(name.removesuffix("/"), origin)
        if name in seen:
            raise MemberError(f"{origin}: {name[:120]!r} stands twice")
        seen.add(name)
        if not name.endswith("/"):
            _check_kind(info, origin)
            yield name, info


def _check_kind(info: zipfile.ZipInfo, origin: str) -> None:
    mode = info.external_attr >> 16
    shown = repr(info.orig_filename[:120])
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise MemberError(f"{origin}: {shown} is a link, a device or another special file")
    if mode & 0o6000:
        raise MemberError(f"{origin}: {shown} is setuid or setgid")
    if info.file_size > MAX_MEMBER:
        raise MemberError(f"{origin}: {shown} holds {info.file_size} bytes; at most {MAX_MEMBER}")


def _info(members: dict[str, zipfile.ZipInfo], name: str, origin: str) -> str:
    folders = {path.split("/")[0] for path in members if ".dist-info/" in path}
    if len(folders) != 1:
        raise MemberError(f"{origin}: {len(folders)} .dist-info folders; one is expected")
    folder = folders.pop()
    if canonicalize_name(folder.removesuffix(".dist-info").rpartition("-")[0]) != name:
        raise MemberError(f"{origin}: its {folder[:120]!r} is of another distribution")
    return folder


def _read(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str, origin: str
) -> bytes:
    if name not in members:
        raise MemberError(f"{origin}: no {name[:120]!r}")
    try:
        with archive.open(members[name]) as stream:
            data = stream.read(MAX_MEMBER + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise MemberError(f"{origin}: {name[:120]!r} is damaged: {error}") from error
    if len(data) != members[name].file_size:
        raise MemberError(f"{origin}: {name[:120]!r} has another size than the archive says")
    return data
