"""One Python distribution, as its core metadata describes it.

Specification: https://packaging.python.org/en/latest/specifications/core-metadata/. Metadata comes
from outside: what is malformed in a field that decides (name, version, requirements) is an error,
what is malformed in one that only informs is left out.
"""

from __future__ import annotations

import email.utils
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from workflow_sbom.address import is_web_address
from workflow_sbom.errors import InventoryError
from workflow_sbom.licensing import declared as licences
from workflow_sbom.model.licence import Licence
from workflow_sbom.model.parts import Contact, ExternalReference, Hash, ReferenceKind
from workflow_sbom.python import contents
from workflow_sbom.python.contents import Contents
from workflow_sbom.python.origin import Origin
from workflow_sbom.python.zipped import ZipTree
from workflow_sbom.texts import is_email

MAX_METADATA = 4 << 20
MAX_MEMBERS = 200_000
MAX_REQUIRES = 20_000
MAX_UNPACKED = 8 << 30


# Whatever the archive modules raise for archives that are none, or are damaged or encrypted.
_UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)

# PEP 753's well-known labels and their aliases, by what CycloneDX calls them.
_LABELS: dict[str, ReferenceKind] = {
    **dict.fromkeys(("homepage",), "website"),
    **dict.fromkeys(("source", "repository", "sourcecode", "github"), "vcs"),
    **dict.fromkeys(("documentation", "docs"), "documentation"),
    **dict.fromkeys(("issues", "bugs", "issue", "tracker", "issuetracker"), "issue-tracker"),
    **dict.fromkeys(("bugtracker", "bugreports"), "issue-tracker"),
    **dict.fromkeys(("changelog", "changes", "whatsnew", "history"), "release-notes"),
    **dict.fromkeys(("releasenotes",), "release-notes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """What a distribution says about itself.

    `name` is as declared, `requires` its `Requires-Dist`. `dynamic`: in a source distribution, the
    requirements are only known once it is built. `hashes` are of the file it came from, `contents`
    what else lies in it. Of an installed one, `place` is the path of its metadata in the
    environment, `origin` where it came from if not from an index, and `requested` tells that it
    was asked for by name (PEP 376).
    """

    name: str
    version: Version
    requires: tuple[Requirement, ...] = ()
    dynamic: bool = False
    summary: str | None = None
    licences: tuple[Licence, ...] = ()
    authors: tuple[Contact, ...] = ()
    references: tuple[ExternalReference, ...] = ()
    hashes: tuple[Hash, ...] = ()
    contents: Contents = field(default_factory=Contents)
    place: str | None = None
    origin: Origin | None = None
    requested: bool = False

    @property
    def key(self) -> NormalizedName:
        """The name as indexes compare it (PEP 503)."""
        return canonicalize_name(self.name)


def from_metadata(data: bytes, *, hashes: tuple[Hash, ...] = ()) -> Distribution:
    """Read a `METADATA` or `PKG-INFO` file; raises `InventoryError`."""
    if len(data) > MAX_METADATA:
        raise InventoryError(f"metadata of {len(data)} bytes; at most {MAX_METADATA} are read")
    parsed, unparsed = parse_email(data)
    raw: dict[str, Any] = dict(parsed)
    name = str(raw.get("name", ""))
    try:
        canonicalize_name(name, validate=True)
        version = Version(raw.get("version", ""))
    except ValueError as error:
        raise InventoryError(f"the metadata names no distribution: {str(error)[:120]}") from error
    return Distribution(
        name=name,
        version=version,
        requires=_requirements(name, raw.get("requires_dist", []), unparsed),
        dynamic=any(field.lower() == "requires-dist" for field in raw.get("dynamic", [])),
        summary=_line(raw.get("summary", "")),
        licences=licences.from_metadata(
            raw.get("license_expression"), raw.get("license"), raw.get("classifiers", [])
        ),
        authors=_authors(raw.get("author"), raw.get("author_email")),
        references=_references(raw.get("home_page"), raw.get("project_urls", {})),
        hashes=hashes,
    )


def from_wheel(path: Path, *, hashes: tuple[Hash, ...] = ()) -> Distribution:
    """Read the metadata inside a wheel and what else lies in it; raises `InventoryError`."""
    try:
        with zipfile.ZipFile(path) as wheel:
            if len(wheel.namelist()) > MAX_MEMBERS:
                raise InventoryError(f"{path.name}: more than {MAX_MEMBERS} files")
            metadata = _only_member(path, wheel.namelist(), ".dist-info/METADATA")
            data = _bounded(wheel, metadata)
            found = contents.read(ZipTree(wheel), metadata.partition("/")[0])
    except _UNREADABLE as error:
        raise InventoryError(f"{path.name}: no readable wheel: {str(error)[:120]}") from error
    distribution = from_metadata(data, hashes=hashes)
    return replace(distribution, dynamic=False, contents=found, place=metadata)


def from_sdist(path: Path, *, hashes: tuple[Hash, ...] = ()) -> Distribution:
    """Read the `PKG-INFO` of a source distribution; raises `InventoryError`."""
    try:
        with tarfile.open(path, mode="r|gz", encoding="utf-8") as archive:
            data = _pkg_info(archive, path.name)
    except _UNREADABLE as error:
        raise InventoryError(f"{path.name}: no readable archive: {str(error)[:120]}") from error
    return from_metadata(data, hashes=hashes)


def _only_member(path: Path, names: Iterable[str], suffix: str) -> str:
    found = [name for name in names if name.endswith(suffix) and name.count("/") == 1]
    if len(found) != 1:
        raise InventoryError(f"{path.name}: {len(found)} files *{suffix}; a wheel has exactly one")
    return found[0]


def _bounded(wheel: zipfile.ZipFile, name: str) -> bytes:
    with wheel.open(name) as stream:
        return stream.read(MAX_METADATA + 1)


def _pkg_info(archive: tarfile.TarFile, name: str) -> bytes:
    """The one `<name>-<version>/PKG-INFO`, in one bounded pass over the archive."""
    unpacked = 0
    for number, member in enumerate(archive):
        unpacked += member.size
        if number >= MAX_MEMBERS or unpacked > MAX_UNPACKED:
            raise InventoryError(f"{name}: more than {MAX_MEMBERS} files or {MAX_UNPACKED} bytes")
        parts = PurePosixPath(member.name).parts
        if len(parts) == 2 and parts[1] == "PKG-INFO" and member.isfile():
            stream = archive.extractfile(member)
            return stream.read(MAX_METADATA + 1) if stream else b""
    raise InventoryError(f"{name}: no PKG-INFO; a source distribution has one at its top")


def _requirements(
    name: str, texts: Sequence[str], unparsed: Container[str]
) -> tuple[Requirement, ...]:
    """None is left out, for an edge would be missing without a word."""
    if "requires-dist" in unparsed:
        raise InventoryError(f"{name}: a Requires-Dist that is not UTF-8")
    if len(texts) > MAX_REQUIRES:
        raise InventoryError(f"{name}: {len(texts)} Requires-Dist; at most {MAX_REQUIRES} are read")
    try:
        return tuple(Requirement(text) for text in texts)
    except (InvalidRequirement, InvalidVersion, RecursionError) as error:
        reason = [*str(error).splitlines(), "nested too deeply"][0]
        raise InventoryError(f"{name}: a malformed Requires-Dist: {reason[:120]}") from error


def _line(text: Any) -> str | None:
    """A text for people on one line; None when nothing is left or it holds control characters."""
    words = " ".join(str(text).split())
    return words if words and words.isprintable() and words != "UNKNOWN" else None


def _authors(name: Any, address: Any) -> tuple[Contact, ...]:
    """Those of `Author-email`; a single bare address belongs to the name in `Author`."""
    pairs = email.utils.getaddresses([str(address)]) if address else []
    found = [(_line(who) or "", mail if is_email(mail) else "") for who, mail in pairs]
    author = _line(name or "") or ""
    if len(found) <= 1 and not any(who for who, _ in found):
        found = [(author, found[0][1] if found else "")]
    return tuple(sorted({Contact(who, mail) for who, mail in found if who or mail}))


def _references(home_page: Any, project_urls: Any) -> tuple[ExternalReference, ...]:
    labelled = [("homepage", home_page)] if home_page else []
    labelled += list(project_urls.items()) if isinstance(project_urls, dict) else []
    found = {
        ExternalReference(kind, str(url))
        for label, url in labelled
        if (kind := _LABELS.get(_normalized(label))) and is_web_address(str(url))
    }
    return tuple(sorted(found))


def _normalized(label: str) -> str:
    return "".join(each for each in label.lower() if each.isalnum())
