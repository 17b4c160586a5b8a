"""Commits as changes: Conventional Commits 1.0.0, merges, squashes and reverts; and the changelog.

Pure. Messages come from outside: what ends up in a change is one line of printable text.

A commit is one change, a squash included: its header gives the kind, `!` or a `BREAKING CHANGE`
footer anywhere in the body makes it breaking. A merge brings the commits of its side branch, and
is a change itself only when its own message follows the convention. A revert and what it reverts
cancel each other when both are new; a revert of something older is a change of kind `revert`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from workflow_release.source import Change

if TYPE_CHECKING:
    from datetime import date

    from workflow_release.repository.git import Commit
    from workflow_release.version import Version

_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(?:\(([^()]+)\))?(!)?: (.+)")
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE(?:: | #)\s*\S", re.MULTILINE)
_REQUEST = r"(?: \(#[0-9]+\))?"  # what a forge appends to the header of a squash
_REVERT = re.compile(rf'Revert "(.+)"{_REQUEST}')
_AGAIN = re.compile(rf'(?:Reapply "(.+)"|Revert "Revert "(.+)"{_REQUEST}"){_REQUEST}')
_REVERT_KIND = re.compile(r"revert(?:\([^()]+\))?!?: (.+)")
_UNDONE = re.compile(r"^This reverts commit ([0-9a-f]{7,64})(?:[.,]|\s*$)", re.MULTILINE)
_REFS = re.compile(r"^Refs: *([0-9a-f]{7,64}(?:, *[0-9a-f]{7,64})*)\s*$", re.MULTILINE)
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>&~|$])")
_BLOCK = re.compile(r"^(?:([#+=-])|([0-9]+)([.)]))")
_LONGEST = 300
_SECTIONS = {
    "feat": "Features",
    "fix": "Fixes",
    "perf": "Performance",
    "revert": "Reverts",
}


def changes_of(commits: Sequence[Commit]) -> Iterator[Change]:
    """The changes that commits (newest first, children before parents) bring, in their order."""
    cancelled = _cancelled(commits)
    for commit in commits:
        if commit.id in cancelled:
            continue
        change = parse(commit.id, commit.message.decode("utf-8", "replace"))
        if len(commit.parents) < 2 or change.kind != "other" or change.breaking:
            yield change


def parse(commit: str, message: str) -> Change:
    """One commit's change; any message has one, of kind `other` when it follows no convention."""
    header = _header(message)
    while again := _AGAIN.fullmatch(header):
        header = again[1] or again[2]
    breaking = "BREAKING" in message and _BREAKING.search(message) is not None
    found = _HEADER.fullmatch(header)
    if found is None:
        kind = "revert" if _REVERT.fullmatch(header) else "other"
        return Change(commit=commit, kind=kind, scope=None, breaking=breaking, summary=_cut(header))
    kind, scope, mark, summary = found.groups()
    return Change(
        commit=commit,
        kind=kind.lower(),
        scope=None if scope is None else _cut(scope.strip()) or None,
        breaking=breaking or mark is not None,
        summary=_cut(summary),
    )


def printable(text: str) -> str:
    """Text on one line without terminal sequences, control or direction characters."""
    if not text.isprintable():
        text = "".join(
            char if char.isprintable() else " " if char.isspace() else ""
            for char in _TERMINAL.sub("", text)
        )
    return " ".join(text.split())


def changelog(
    version: Version,
    previous: Version | None,
    date: date,
    changes: Sequence[Change],
    repository: str | None,
) -> str:
    """The changes of one version as Markdown (CommonMark), breaking ones first.

    Texts of commit messages come out as text, whatever Markdown they hold. With the repository's
    https address each change links to its commit.
    """
    since = "the first commit" if previous is None else f"{previous}"
    what = "Changes" if changes else "No changes"
    lines = [f"## {version} - {date.isoformat()}", "", f"{what} since {since}."]
    for title, members in _sections(changes):
        lines += ["", f"### {title}", ""]
        lines += [_item(change, repository) for change in members]
    return "\n".join([*lines, ""])


def markdown(text: str) -> str:
    """Printable text that CommonMark and GitHub render as itself, also at the start of a line."""
    escaped = _MARKDOWN.sub(r"\\\1", text)
    return _BLOCK.sub(lambda found: f"{found[2] or ''}\\{found[3] or found[1]}", escaped)


def _sections(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    """The sections that have members; each change is in one."""
    if breaking := [change for change in changes if change.breaking]:
        yield "Breaking changes", breaking
    rest = [change for change in changes if not change.breaking]
    for kind, title in _SECTIONS.items():
        if members := [change for change in rest if change.kind == kind]:
            yield title, members
    if others := [change for change in rest if change.kind not in _SECTIONS]:
        yield "Other changes", others


def _item(change: Change, repository: str | None) -> str:
    scope = "" if change.scope is None else f"**{markdown(change.scope)}:** "
    short = change.commit[:12]
    link = short if repository is None else f"[{short}]({repository}/commit/{change.commit})"
    return f"- {scope}{markdown(change.summary)} ({link})"


def _header(message: str) -> str:
    return printable(message.lstrip().partition("\n")[0]) or "(no message)"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _cancelled(commits: Sequence[Commit]) -> set[str]:
    """The commits that are undone by newer ones, and those whose undoing is all they do.

    Newest first: what a revert does counts only when nothing newer has undone the revert.
    """
    gone: set[str] = set()
    index: _Index | None = None
    for position, commit in enumerate(commits):
        if b"evert" not in commit.message or commit.id in gone:
            continue
        index = index or _Index(commits)
        message = commit.message.decode("utf-8", "replace")
        undone = index.undone_by(message, position, gone)
        gone.update(*(index.brought_by(target) for target in undone if target is not None))
        if undone and None not in undone and _only_reverts(_header(message)):
            gone.add(commit.id)
    return gone


def _only_reverts(header: str) -> bool:
    return any(form.fullmatch(header) for form in (_REVERT, _REVERT_KIND, _AGAIN))


class _Index:
    """Commits by id, by the start of an id and by header."""

    def __init__(self, commits: Sequence[Commit]) -> None:
        self._commits = {commit.id: commit for commit in commits}
        self._position = {commit.id: position for position, commit in enumerate(commits)}
        self._ids = sorted(self._commits)
        self._titles: dict[str, list[str]] = {}
        for commit in commits:
            title = _header(commit.message.decode("utf-8", "replace"))
            self._titles.setdefault(title, []).append(commit.id)

    def undone_by(self, message: str, position: int, gone: set[str]) -> list[str | None]:
        """What a message says it undoes: commits behind that position, None for any other."""
        header = _header(message)
        ids = _UNDONE.findall(message)
        if header.startswith("revert"):
            ids += [name for names in _REFS.findall(message) for name in names.split(",")]
        if ids:
            return [self._starting(name.strip(), position) for name in ids]
        title = _REVERT.fullmatch(header) or _REVERT_KIND.fullmatch(header)
        return [self._titled(title[1], position, gone)] if title else []

    def brought_by(self, target: str) -> set[str]:
        """The commit itself, and for a merge what its other parents brought in."""
        first, *others = self._commits[target].parents or ("",)
        return {target, *(self._reach(others) - self._reach([first]) if others else ())}

    def _starting(self, name: str, position: int) -> str | None:
        at = bisect_left(self._ids, name)
        found = [one for one in self._ids[at : at + 2] if one.startswith(name)]
        return found[0] if len(found) == 1 and self._position[found[0]] > position else None

    def _titled(self, title: str, position: int, gone: set[str]) -> str | None:
        older = (
            one
            for one in self._titles.get(title, ())
            if self._position[one] > position and one not in gone
        )
        return next(older, None)

    def _reach(self, starts: Iterable[str]) -> set[str]:
        seen: set[str] = set()
        waiting = [start for start in starts if start in self._commits]
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += [up for up in self._commits[one].parents if up in self._commits]
        return seen
