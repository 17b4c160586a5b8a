"""Whether an archive can be unpacked anywhere without harm, and holds nothing that slipped in.

The attacks are those of PEP 706 and of the `tarfile` module's extraction filters, and names that
other systems read differently. An image's root file system is unpacked on Linux alone, so its names
may differ in case, its links may be absolute (they start at its own root), and `/tmp` is a place
that everybody writes to.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePosixPath

from workflow_release.judging.evidence import Member
from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_release.model import Image, Recipe, Wheel

_MEND = "leave it out of the build, or give it a plain name and mode"
_DRIVE = re.compile(r"[A-Za-z]:")
_MAX_NAME, _MAX_PATH = 255, 4096
_SHOWN = 20
_FROM_A_CHECKOUT = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", ".DS_Store"})
_SECRET_NAMES = frozenset(
    {".env", ".pypirc", ".netrc", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".htpasswd"}
)


def members(candidate: Candidate) -> Iterator[Fault]:
    """Paths, links, kinds and modes of every archive's entries are plain."""
    for artifact, recipe, evidence in candidate.examined:
        for archive, group in groupby(evidence.members, key=lambda each: each.archive):
            subject = f"{artifact.name} {archive}".rstrip()
            faults = list(_faults(tuple(group), isinstance(recipe, Image)))
            for fault in faults[:_SHOWN]:
                yield Fault(subject, fault, _MEND)
            if len(faults) > _SHOWN:
                yield Fault(subject, f"and {len(faults) - _SHOWN} faults more", _MEND)


def _faults(archive: tuple[Member, ...], image: bool) -> Iterator[str]:
    for member in archive:
        for fault in (*_path(member.path), *_kind(member), *_mode(member, image)):
            yield f"{member.path!r}: {fault}"
        if member.kind == "symlink":
            yield from _symlink(member, image)
    yield from _hardlinks(archive)
    yield from _through_links(archive)
    yield from _twice(archive, image)


def _path(path: str) -> Iterator[str]:
    if not path.isprintable():
        yield "control characters in the name"
    if path.startswith("/") or _DRIVE.match(path) or "\\" in path:
        yield "an absolute path, a drive or a backslash"
    parts = path.split("/")
    if ".." in parts:
        yield "a path that leads upwards"
    if not path or {"", "."} & set(parts[1:] if path.startswith("/") else parts):
        yield "a path that is not in its plain form"
    if len(path) > _MAX_PATH or any(
        len(part.encode(errors="replace")) > _MAX_NAME for part in parts
    ):
        yield "a longer path than file systems hold"


def _kind(member: Member) -> Iterator[str]:
    if member.kind in {"device", "fifo", "other"}:
        yield f"no file, folder or link ({member.kind})"


def _mode(member: Member, image: bool) -> Iterator[str]:
    if member.kind in {"symlink", "hardlink"}:
        return
    shared = image and member.kind == "directory" and member.mode & 0o1777 == 0o1777
    special = member.mode & (0o6000 if shared else 0o7000)
    if special:
        yield f"setuid, setgid or sticky (mode {member.mode:04o})"
    if member.mode & 0o002 and not shared:
        yield f"everybody may write to it (mode {member.mode:04o})"


def _symlink(member: Member, image: bool) -> Iterator[str]:
    """A link must end inside the root: of the image, or of the folder that receives the files."""
    target = member.link or ""
    absolute = target.startswith("/")
    if not target or not target.isprintable() or "\\" in target or _DRIVE.match(target):
        yield f"{member.path!r}: a link to {target!r}, which is no path"
    elif (absolute and not image) or _leaves(member.path, target):
        yield f"{member.path!r}: a link out of the archive, to {target!r}"


def _leaves(path: str, target: str) -> bool:
    depth = 0 if target.startswith("/") else path.count("/")
    for part in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return True
    return False


def _hardlinks(archive: Iterable[Member]) -> Iterator[str]:
    files: set[str] = set()
    for member in archive:
        if member.kind == "file":
            files.add(member.path)
        elif member.kind == "hardlink" and member.link not in files:
            yield f"{member.path!r}: a hard link to {member.link!r}, no file before it"


def _through_links(archive: tuple[Member, ...]) -> Iterator[str]:
    """An entry below a path that is no folder is written wherever a link there points to."""
    others = {member.path for member in archive if member.kind != "directory"}
    for member in archive:
        above = [str(parent) for parent in PurePosixPath(member.path).parents]
        for parent in others.intersection(above):
            yield f"{member.path!r}: stands below {parent!r}, which is no folder"


def _twice(archive: tuple[Member, ...], image: bool) -> Iterator[str]:
    exact = Counter(member.path for member in archive)
    yield from (f"{path!r}: stands {count} times" for path, count in exact.items() if count > 1)
    if image:
        return
    folded: dict[str, set[str]] = {}
    for path in exact:
        key = unicodedata.normalize("NFC", path).casefold()
        folded.setdefault(key, set()).add(path)
    for paths in folded.values():
        if len(paths) > 1:
            shown = ", ".join(map(repr, sorted(paths)))
            yield f"{shown}: one file where case or composition does not count"


def stray(candidate: Candidate) -> Iterator[Fault]:
    """Nothing of a checkout, and nothing secret, slipped into an artifact."""
    for artifact, recipe, evidence in candidate.examined:
        for member in evidence.members:
            if fault := _stray(member, recipe):
                yield Fault(artifact.name, f"{member.path!r}: {fault}", "leave it out of the build")


def _stray(member: Member, recipe: Recipe) -> str | None:
    parts = set(member.path.split("/"))
    if member.private_key:
        return "it holds a private key; whoever had the file has the key, so replace it"
    if parts & _SECRET_NAMES:
        return "such files hold secrets"
    if parts & _FROM_A_CHECKOUT:
        return "it belongs to a checkout, not to a release"
    if isinstance(recipe, Wheel):
        return _stray_in_wheel(member.path)
    return None


def _stray_in_wheel(path: str) -> str | None:
    parts = path.split("/")
    if "__pycache__" in parts:
        return "compiled by one interpreter on one machine"
    if parts[0].startswith("__editable__") or parts[-1] == "direct_url.json":
        return "it belongs to an editable install on one machine"
    return None
