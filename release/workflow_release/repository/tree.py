"""The tree of a commit: every file and link it holds, and what of it no build may see.

Names and links are judged here, where the whole commit is in sight; what is refused is a fault of
the builds that see it, and of no other.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from workflow_release.errors import BuildError
from workflow_release.repository import blobs, links
from workflow_release.repository.git import Entry, Repository, shown

LINK = "120000"
# Git takes 100664, which its first versions wrote, for 100644.
MODES = {"100644": 0o644, "100664": 0o644, "100755": 0o755, LINK: 0}
_LONGEST_NAME = 255  # bytes that Linux takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A file or symbolic link of a commit: its path, git's mode and the blob's id."""

    path: PurePosixPath
    mode: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An entry of a commit that no build may see, and why."""

    path: PurePosixPath
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Everything a commit holds; `links` has the target of every symbolic link."""

    commit: str
    files: tuple[Tracked, ...]
    links: Mapping[PurePosixPath, str]
    refused: tuple[Refused, ...] = ()

    def below(self, folder: PurePosixPath) -> tuple[Tracked, ...]:
        """The files at or below a path."""
        return tuple(file for file in self.files if file.path.is_relative_to(folder))

    def find(self, path: PurePosixPath) -> Tracked | None:
        """The file of that path, or, under that path, the one that a link there leads to."""
        end = self.destination(path) if path in self.links else path
        found = next((file for file in self.files if file.path == end), None)
        return None if found is None else replace(found, path=path)

    def destination(self, link: PurePosixPath) -> PurePosixPath | None:
        """Where a link leads in the end, if it stays in the repository; there may be nothing."""
        return links.destination(link, self.links)


def read_tree(repository: Repository, commit: str) -> Tree:
    """List a commit; raises `BuildError` naming every entry that was made to escape."""
    entries = repository.ls_tree(commit)
    twice = [path for path, count in Counter(e.path for e in entries).items() if count > 1]
    attacks = [fault for fault in map(_attack, entries) if fault]
    refuse([*attacks, *(f"{shown(path)}: stands twice in the commit" for path in twice)])
    files, refused = [], []
    for entry in entries:
        path = PurePosixPath(entry.path.decode("utf-8", "surrogateescape"))
        fault = _fault(entry)
        if fault is None:
            files.append(Tracked(path=path, mode=entry.mode, id=entry.id))
        else:
            refused.append(Refused(path=path, fault=fault))
    texts = dict(_targets(repository, tuple(file for file in files if file.mode == LINK)))
    odd = {path: fault for path, target in texts.items() if (fault := _link_fault(path, target))}
    return Tree(
        commit=commit,
        files=tuple(file for file in files if file.path not in odd),
        links={path: target for path, target in texts.items() if path not in odd},
        refused=(*refused, *(Refused(path=path, fault=fault) for path, fault in odd.items())),
    )


def _attack(entry: Entry) -> str | None:
    """Why no git makes such an entry, if none does."""
    parts = entry.path.lower().split(b"/")
    if any(part in {b"", b".", b"..", b".git"} for part in parts):
        return f"{shown(entry.path)}: the name leads elsewhere"
    if entry.mode != "160000" and entry.mode not in MODES:
        return f"{shown(entry.path)}: mode {entry.mode} is no file and no link"
    return None


def _fault(entry: Entry) -> str | None:
    name = shown(entry.path)
    if entry.type == "commit":
        return f"{name}: a submodule; nothing of it is in this commit"
    try:
        text = entry.path.decode("utf-8")
    except UnicodeDecodeError:
        return f"{name}: the name is not UTF-8"
    if not text.isprintable() or "\\" in text:
        return f"{name}: the name has a control character or a backslash"
    if max(len(part) for part in entry.path.split(b"/")) > _LONGEST_NAME:
        return f"{name}: a name of more than {_LONGEST_NAME} bytes"
    return None


def _link_fault(path: PurePosixPath, target: str) -> str | None:
    """Why a link's text does not mean the same on every machine, if it does not."""
    if len(target.encode("utf-8", "surrogateescape")) > links.LONGEST:
        return f"{path}: a link with a text of more than {links.LONGEST} bytes"
    if not links.is_portable(target):
        told = shown(target.encode("utf-8", "surrogateescape"))
        return f"{path}: a link to {told!r}, which is no portable path"
    return None


def _targets(
    repository: Repository, tracked: tuple[Tracked, ...]
) -> Iterator[tuple[PurePosixPath, str]]:
    with tempfile.TemporaryFile() as printed:
        if tracked:
            ids = blobs.wanted(link.id for link in tracked)
            printed.write(repository.git("cat-file", "--batch", stdin=ids))
        printed.seek(0)
        for link in tracked:
            blob = b"".join(blobs.pieces(link.id, str(link.path), printed))
            yield link.path, blob.decode("utf-8", "surrogateescape")


def refuse(faults: list[str]) -> None:
    """Raise `BuildError` with all faults, each once, when there is any."""
    if faults:
        raise BuildError(
            "\n".join(dict.fromkeys(faults)),
            remedy="rename or remove what is named, or mend `inputs` in release.toml, and commit",
        )
