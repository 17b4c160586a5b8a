"""Source distributions (PEP 625) and wheels (PEP 427), by their own metadata (PEP 639 and 643)."""

from __future__ import annotations

import ast
import base64
import csv
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Claim, Evidence, Member, Report
from workflow_release.judging.examining import tars, zips
from workflow_release.judging.examining.contents import Contents
from workflow_release.model import Artifact
from workflow_sbom.digest import Digest
from workflow_sbom.errors import SbomError
from workflow_sbom.formats import cyclonedx

_ONCE = ("name", "version", "license-expression")
_LICENCE_NAME = re.compile(r"(?:UN)?LICEN[CS]E|COPYING", re.IGNORECASE)
_DIST_INFO = re.compile(r"(?P<name>[^/]+?)-(?P<version>[^/-]+)\.dist-info/")
_SDIST_ROOT = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)")
_TEXTS = (".dist-info/METADATA", ".dist-info/RECORD", ".dist-info/WHEEL", "/__init__.py")
_UNHASHED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_RECORD_COLUMNS = 3
_BILL = ".cdx.json"


def examine_sdist(stream: IO[bytes], artifact: Artifact) -> Evidence:
    """What a source distribution holds and says; raises `BuildError` for no readable archive."""
    with tars.gunzipped(stream) as inner:
        contents = tars.read_tar(inner, _is_pkg_info)
    places = sorted(contents.kept)
    if len(places) != 1:
        raise BuildError(f"{len(places)} files */PKG-INFO; a source distribution has exactly one")
    root = places[0].partition("/")[0]
    metadata = _Metadata.read(contents.kept, places[0])
    found = tuple(_licences(contents.members, root, metadata.licence_files))
    return Evidence(
        artifact=artifact.name,
        digest=artifact.digest,
        claims=(*metadata.claims, *_folder_claims(_SDIST_ROOT.fullmatch(root), root)),
        requirements=metadata.requirements,
        licence_files=found,
        licence_expression=metadata.licence_expression,
        members=contents.members,
        faults=(
            *metadata.faults,
            *_missing_licences(metadata, found),
            *(
                f"{member.path!r} is outside {root}/"
                for member in contents.members
                if member.path.partition("/")[0] != root
            ),
        ),
    )


def examine_wheel(stream: IO[bytes], artifact: Artifact) -> Evidence:
    """What a wheel holds and says; raises `BuildError` for no readable archive."""
    contents = zips.read_zip(stream, _is_wheel_text)
    folders = sorted({m[0] for path in contents.digests if (m := _DIST_INFO.match(path))})
    if len(folders) != 1:
        raise BuildError(f"{len(folders)} folders *.dist-info/; a wheel has exactly one")
    folder = folders[0]
    metadata = _Metadata.read(contents.kept, f"{folder}METADATA")
    found = tuple(_licences(contents.members, folder.rstrip("/"), metadata.licence_files))
    return Evidence(
        artifact=artifact.name,
        digest=artifact.digest,
        claims=(*metadata.claims, *_folder_claims(_DIST_INFO.fullmatch(folder), folder)),
        requirements=metadata.requirements,
        licence_files=found,
        licence_expression=metadata.licence_expression,
        members=contents.members,
        reported=tuple(_literal_versions(contents)),
        faults=(
            *metadata.faults,
            *_missing_licences(metadata, found),
            *_record_faults(contents, folder),
            *_bill_faults(contents.kept, folder, metadata),
            *_editable_faults(contents),
            *_tag_faults(contents.kept.get(f"{folder}WHEEL", b""), artifact.name),
        ),
    )


def _is_pkg_info(path: str) -> bool:
    return path.count("/") == 1 and path.endswith("/PKG-INFO")


def _is_wheel_text(path: str) -> bool:
    """The files whose text is looked into: metadata, and what is imported or started by name."""
    top = path.count("/") == 0 and path.endswith((".py", ".pth"))
    return top or (path.count("/") == 1 and path.endswith(_TEXTS)) or _is_bill(path)


def _is_bill(path: str) -> bool:
    """Whether a file is a bill of materials that lies in the wheel (PEP 770)."""
    folder, _, name = path.partition(".dist-info/sboms/")
    return bool(folder and name) and "/" not in folder and name.endswith(_BILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metadata:
    """Core metadata as far as the gates ask for it."""

    claims: tuple[Claim, ...]
    requirements: tuple[str, ...]
    licence_expression: str | None
    licence_files: tuple[str, ...]
    faults: tuple[str, ...]

    @classmethod
    def read(cls, kept: Mapping[str, bytes], place: str) -> _Metadata:
        if place not in kept:
            raise BuildError(f"no {place}")
        parsed, unparsed = parse_email(kept[place])
        raw: dict[str, Any] = dict(parsed)
        where = PurePosixPath(place).name
        claims = (
            Claim(kind="name", value=str(raw.get("name", "")), where=where),
            Claim(kind="version", value=str(raw.get("version", "")), where=where),
        )
        return cls(
            claims=claims,
            requirements=tuple(raw.get("requires_dist", ())),
            licence_expression=raw.get("license_expression"),
            licence_files=tuple(raw.get("license_files", ())),
            faults=tuple(
                f"{where}: {field} stands there twice or is malformed"
                for field in _ONCE
                if field in unparsed
            ),
        )


def _folder_claims(found: re.Match[str] | None, folder: str) -> tuple[Claim, ...]:
    """The name and version that the folder of a distribution's metadata is called by."""
    where = f"the folder {folder.rstrip('/')!r}"
    name, version = (found["name"], found["version"]) if found else (folder, "")
    return (
        Claim(kind="name", value=name, where=where),
        Claim(kind="version", value=version, where=where),
    )


def _licences(members: Iterable[Member], folder: str, declared: tuple[str, ...]) -> Iterator[str]:
    """The files that hold licence texts: those declared, and those called like one."""
    wanted = {f"{folder}/{path}" for path in declared}
    wanted |= {f"{folder}/licenses/{path}" for path in declared}
    for member in members:
        if member.kind != "file" or not member.size:
            continue
        parent, _, name = member.path.rpartition("/")
        below = parent == f"{folder}/licenses" or parent.startswith(f"{folder}/licenses/")
        if member.path in wanted or (_LICENCE_NAME.match(name) and (parent == folder or below)):
            yield member.path


def _missing_licences(metadata: _Metadata, found: tuple[str, ...]) -> Iterator[str]:
    for path in metadata.licence_files:
        if not any(each.endswith(f"/{path}") for each in found):
            yield f"License-File {path!r} is declared and not there"


def _record_faults(contents: Contents, folder: str) -> Iterator[str]:
    """RECORD lists every file with its digest and size, and nothing else (PEP 376, PEP 427)."""
    rows = _rows(contents.kept.get(f"{folder}RECORD"))
    listed = {row[0]: row for row in rows}
    if len(listed) != len(rows):
        yield "RECORD lists a file twice"
    files = {member.path: member.size for member in contents.members if member.kind == "file"}
    unhashed = {f"{folder}{name}" for name in _UNHASHED}
    for path in sorted(files.keys() - listed.keys() - (unhashed - {f"{folder}RECORD"})):
        yield f"{path!r} is not listed in RECORD"
    for path in sorted(listed.keys() - files.keys()):
        yield f"RECORD lists {path!r}, which is not there"
    for path in sorted(listed.keys() & files.keys() - unhashed):
        _, digest, size = listed[path]
        if digest != _record_digest(contents.digests[path]) or size not in {"", str(files[path])}:
            yield f"{path!r} is not what RECORD says"


def _bill_faults(kept: Mapping[str, bytes], folder: str, metadata: _Metadata) -> Iterator[str]:
    """The wheel's own bill of materials is there and is of this distribution (PEP 770)."""
    if metadata.faults:
        return
    stated = {claim.kind: claim.value for claim in metadata.claims}
    name = canonicalize_name(stated["name"]).replace("-", "_")
    path = f"{folder}sboms/{name}{_BILL}"
    if path not in kept:
        yield f"no bill of materials of its own in it: {path!r}"
        return
    try:
        found = cyclonedx.described(kept[path])
    except SbomError as error:
        yield f"{path!r}: {error}"
        return
    if canonicalize_name(found.name) != canonicalize_name(stated["name"]):
        yield f"{path!r} is of {found.name!r}, not of {stated['name']!r}"
    if found.version != stated["version"]:
        yield f"{path!r} is of the version {found.version!r}, not {stated['version']!r}"
    if found.digest is not None:
        yield f"{path!r} gives its subject a digest, and can't know that of the file it lies in"


def _rows(data: bytes | None) -> list[list[str]]:
    if data is None:
        raise BuildError("no RECORD")
    try:
        rows = [row for row in csv.reader(data.decode().splitlines()) if row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise BuildError(f"RECORD is no CSV file in UTF-8: {error}") from error
    if any(len(row) != _RECORD_COLUMNS for row in rows):
        raise BuildError("RECORD has a line without exactly path, digest and size")
    return rows


def _record_digest(digest: Digest) -> str:
    encoded = base64.urlsafe_b64encode(bytes.fromhex(digest.hex)).rstrip(b"=")
    return f"sha256={encoded.decode('ascii')}"


def _tag_faults(wheel: bytes, name: str) -> Iterator[str]:
    """The tags in WHEEL are those of the file name, expanded."""
    lines = wheel.decode(errors="replace").splitlines()
    stated = {line.partition(":")[2].strip() for line in lines if line.startswith("Tag:")}
    parts = name.removesuffix(".whl").split("-")[-3:]
    python, abi, platform = (part.split(".") for part in ["", "", "", *parts][-3:])
    named = {f"{p}-{a}-{q}" for p in python for a in abi for q in platform}
    if stated != named:
        yield f"WHEEL states the tags {sorted(stated)}, the file name {sorted(named)}"


def _editable_faults(contents: Contents) -> Iterator[str]:
    """An editable wheel holds no code but the path of a folder on the machine it was made on."""
    for path, text in sorted(contents.kept.items()):
        lines = text.decode(errors="replace").splitlines() if path.endswith(".pth") else []
        for line in lines:
            if PurePosixPath(line).is_absolute():
                yield f"{path!r} leads to {line!r}: it is an editable install"


def _literal_versions(contents: Contents) -> Iterator[Report]:
    """The `__version__` that a top-level module sets to a text; nothing is imported."""
    for path in sorted(contents.kept):
        if path.endswith(".py") and (value := _literal_version(contents.kept[path])):
            module = path.partition("/")[0].removesuffix(".py")
            yield Report(command=(f"{module}.__version__",), code=0, printed=value)


def _literal_version(source: bytes) -> str | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(
                    targets=[ast.Name(id="__version__")], value=ast.Constant(value=str(text))
                )
                | ast.AnnAssign(
                    target=ast.Name(id="__version__"), value=ast.Constant(value=str(text))
                )
            ):
                return text
    return None
