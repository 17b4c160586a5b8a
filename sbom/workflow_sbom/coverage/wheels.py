"""Every entry of a wheel: listed in RECORD with its bytes, and the commit's where one is at hand.

RECORD alone says that a wheel is whole, not that its files are the project's: whoever plants a file
can list it, too. So with an `Origin` each file must be the commit's, or a rule must make it again.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import assert_never

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from workflow_sbom.archives.entry import Entry
from workflow_sbom.archives.reading import Contents, Keep, read_zip
from workflow_sbom.coverage import bytecode, metadata, records
from workflow_sbom.coverage.ledger import Explanation, Generated, Ledger, Line, Owned, Unexplained
from workflow_sbom.coverage.origin import Explaining, Origin
from workflow_sbom.coverage.records import Record
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.printable import printable
from workflow_sbom.purl import package_url

RECORD = "RECORD lists every file there is with its digest"
METADATA = "core metadata made again from pyproject.toml"
TAGS = "WHEEL states the tags of the file name"
ENTRY_POINTS = "entry points made again from pyproject.toml"
COMPILED = "compiled again from its source"
FOLDER = "a folder of files"

_TEXTS = ("METADATA", "RECORD", "WHEEL", "entry_points.txt")


def cover_wheel(path: Path, *, name: str | None = None, origin: Origin | None = None) -> Ledger:
    """What explains each entry of a wheel; `name` is its file name where the path has another.

    Raises `InventoryError` for what is no wheel, or is one that two readers would read in two ways.
    """
    name = name or path.name
    try:
        project, version, _, _ = parse_wheel_filename(name)
    except InvalidWheelFilename as error:
        raise InventoryError(
            f"{ascii(name)[:200]} is no wheel's file name; keep its own"
        ) from error
    contents = read_zip(path, _wanted)
    info = _dist_info(contents, name)
    wheel = _Wheel(
        name=name,
        package=package_url("pypi", project, str(version)),
        info=info,
        contents=contents,
        record=records.parse(contents.kept.get(f"{info}/RECORD", b"")),
        origin=origin,
    )
    explaining = Explaining(origin) if origin else None
    folders = _folders(contents)
    return Ledger.of(
        name, (Line(each, wheel.explain(each, folders, explaining)) for each in contents.entries)
    )


def _wanted(names: frozenset[str]) -> Keep:
    """The texts that rules look into, and Python files where compiled ones are to be judged."""
    compiled = {name for name in names if name.endswith(".pyc")}
    sources = {found[0] for name in compiled if (found := bytecode.source_of(name))}
    texts = {name for name in names if name.count("/") == 1 and name.endswith(_TEXTS)}
    return (compiled | sources | texts).__contains__


def _dist_info(contents: Contents, name: str) -> str:
    tops = {each.path.partition("/")[0] for each in contents.entries}
    folders = sorted(top for top in tops if top.casefold().endswith(".dist-info"))
    if len(folders) != 1:
        raise InventoryError(f"{name}: {len(folders)} folders *.dist-info; a wheel has exactly one")
    if f"{folders[0]}/RECORD" not in contents.kept:
        raise InventoryError(f"{name}: no RECORD in {folders[0][:120]!a}; build it again")
    return folders[0]


def _folders(contents: Contents) -> frozenset[str]:
    """The folders that hold a file, at whatever depth."""
    return frozenset(
        str(parent)
        for each in contents.entries
        if each.kind == "file"
        for parent in PurePosixPath(each.path).parents
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wheel:
    """A wheel that was read, and what it was made from if that is known."""

    name: str
    package: str
    info: str
    contents: Contents
    record: Record
    origin: Origin | None

    def explain(
        self, entry: Entry, folders: frozenset[str], explaining: Explaining | None
    ) -> Explanation:
        match entry.kind:
            case "directory":
                held = entry.path in folders
                return Generated(FOLDER) if held else Unexplained("a folder that holds no file")
            case "symlink" | "hardlink" | "device" | "fifo":
                return Unexplained(f"a {entry.kind}; a wheel holds files and folders only")
            case "file":
                return self._listed(entry) or self._made(entry, explaining)
            case _:
                assert_never(entry.kind)

    def _listed(self, entry: Entry) -> Unexplained | None:
        """What RECORD has against a file."""
        path = entry.path
        if path == f"{self.info}/RECORD":
            fault = next(self._record_faults(), None)
            return Unexplained(fault) if fault else None
        if path in self._unhashed():
            return Unexplained("a signature, which nothing makes again")
        if path not in self.record.digests:
            return Unexplained("not listed in RECORD")
        if self.record.digests[path] is None:
            return Unexplained("listed in RECORD without a SHA-256 digest")
        if self.record.digests[path] != entry.digest:
            return Unexplained("differs from RECORD")
        return None

    def _unhashed(self) -> tuple[str, ...]:
        return tuple(f"{self.info}/{name}" for name in records.UNHASHED)

    def _record_faults(self) -> Iterator[str]:
        yield from self.record.faults
        files = self.contents.files()
        for path in sorted(self.record.digests.keys() - files.keys()):
            yield f"names {path[:120]!a}, which is not there"
        if self.record.digests.get(f"{self.info}/RECORD", Digest.of(b"")) is not None:
            yield "does not list itself without a digest"

    def _made(self, entry: Entry, explaining: Explaining | None) -> Explanation:
        """What a file that RECORD lists comes from."""
        if entry.path == f"{self.info}/RECORD":
            return Generated(RECORD)
        if (found := bytecode.source_of(entry.path)) is not None:
            return self._compiled(entry.path, *found)
        if explaining is None or self.origin is None:
            return Owned(self.package, "RECORD")
        place, _, below = entry.path.partition("/")
        if place != self.info:
            return explaining.file(entry, entry.path, *_unpacked(entry.path))
        return self._described(entry, below, self.origin, explaining)

    def _described(
        self, entry: Entry, name: str, origin: Origin, explaining: Explaining
    ) -> Explanation:
        """What a file of `.dist-info` is made from."""
        data = self.contents.kept.get(entry.path, b"")
        match name:
            case "METADATA":
                return _by_rule(METADATA, self._metadata_fault(data, origin))
            case "WHEEL":
                return _by_rule(TAGS, _wheel_fault(data, self.name))
            case "entry_points.txt":
                return _by_rule(ENTRY_POINTS, _entry_points_fault(data, origin.project))
            case _:
                return explaining.file(entry, entry.path, *_licence(name))

    def _metadata_fault(self, data: bytes, origin: Origin) -> str | None:
        table = metadata.Table.read(origin.project, origin.readme, origin.version)
        there = {each.path for each in self.contents.entries}
        for path in metadata.licence_files(data):
            if f"{self.info}/licenses/{path}" not in there:
                return f"names the licence file {path[:120]!a}, which is not there"
        return metadata.difference(data, table)

    def _compiled(self, path: str, source: str, level: int) -> Explanation:
        kept = self.contents.kept
        if source not in kept:
            return Unexplained("compiled Python without its source")
        return _by_rule(COMPILED, bytecode.difference(kept[path], kept[source], level))


def _by_rule(rule: str, fault: str | None) -> Explanation:
    return Generated(rule) if fault is None else Unexplained(fault)


def _unpacked(path: str) -> Iterator[str]:
    """Where a file of `<name>.data/<scheme>/` comes from, as far as names tell."""
    place, _, below = path.partition("/")
    if place.endswith(".data"):
        yield below.partition("/")[2]


def _licence(name: str) -> Iterator[str]:
    if name.startswith("licenses/"):
        yield name.removeprefix("licenses/")


def _wheel_fault(data: bytes, name: str) -> str | None:
    """How WHEEL differs from what the file name asks for (PEP 427)."""
    lines = data.decode(errors="replace").splitlines()
    fields = [line.partition(": ") for line in lines if line.strip()]
    _, _, build, tags = parse_wheel_filename(name)
    known = {"Wheel-Version", "Generator", "Root-Is-Purelib", "Tag", "Build"}
    if odd := sorted({key for key, _, _ in fields} - known):
        return f"has the unknown field {odd[0][:40]!a}"
    values = {key: value for key, _, value in fields}
    if {value for key, _, value in fields if key == "Tag"} != {str(tag) for tag in tags}:
        return "states other tags than the file name"
    if values.get("Build", "") != "".join(map(str, build)):
        return "states another build number than the file name"
    if values.get("Root-Is-Purelib") not in {"true", "false"}:
        return "does not say whether its root is purelib"
    return None if values.get("Wheel-Version", "").startswith("1.") else "is of no version 1"


def _entry_points_fault(data: bytes, pyproject: bytes) -> str | None:
    """How `entry_points.txt` differs from the table it is made from."""
    read = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        read.read_string(data.decode("utf-8"))
        project = tomllib.loads(pyproject.decode("utf-8")).get("project", {})
        expected = {
            "console_scripts": project.get("scripts", {}),
            "gui_scripts": project.get("gui-scripts", {}),
            **project.get("entry-points", {}),
        }
    except (configparser.Error, ValueError, AttributeError, TypeError, RecursionError) as error:
        return f"can't be compared: {printable(str(error).partition(chr(10))[0])[:120]}"
    found: Mapping[str, Mapping[str, str]] = {name: dict(read[name]) for name in read.sections()}
    wanted = {name: dict(points) for name, points in expected.items() if points}
    return None if found == wanted else "is not what the [project] table says"
