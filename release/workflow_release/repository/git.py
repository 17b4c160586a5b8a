"""Reading a git repository: what git says, as values; nothing is decided here.

Git runs with an environment of its own, so that no variable of the caller (`GIT_DIR`, a pager) and
no replaced or grafted object changes what the history is, and with the settings that start programs
on a reading command turned off. Objects are named by their ids, never by a text from outside.
What git prints becomes named tuples: there are thousands, and a version is asked for all the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from workflow_release.errors import ReleaseError, SourceError
from workflow_release.machine.run import Command, Completed, Run
from workflow_sbom.printable import printable

_PASSED = ("PATH", "HOME", "XDG_CONFIG_HOME", "SUDO_UID")
_FIXED = {
    "LC_ALL": "C",
    "TZ": "UTC",
    "GIT_FLUSH": "0",  # git log would flush each commit into a pipe: half of its time
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_GIT = (
    "git",
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "log.showSignature=false"),
    *("-c", "safe.bareRepository=explicit"),
)
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REFUSALS = (
    (b"not a git repository", "is in no git repository", "run it in a clone, or `git init` one"),
    (
        b"dubious ownership",
        "belongs to another user, so git refuses to read it",
        "own the folder, or name it with `git config --global --add safe.directory FOLDER`",
    ),
    (b"bare repository", "is in a bare repository", "run it in a clone with a working tree"),
    (b"must be run in a work tree", "has no working tree", "run it in a clone with a working tree"),
    (b"unknown revision", "is in a repository without a commit", "commit something first"),
)


class Commit(NamedTuple):
    """A commit: its id, its parents' ids, its time in seconds since 1970 and its message."""

    id: str
    parents: tuple[str, ...]
    time: int
    message: bytes


class Entry(NamedTuple):
    """A row of `git ls-tree`: mode (octal, as git writes it), type, object id and path."""

    mode: str
    type: str
    id: str
    path: bytes


class Head(NamedTuple):
    """What is checked out: the working tree's root, the commit, and whether history is cut off."""

    root: Path
    commit: str
    shallow: bool


class References(NamedTuple):
    """The repository's names. `tags` are (name, commit); names are text, odd bytes escaped.

    `nested` are tags of tags with the inner tag's id, which this git has not followed further.
    `branch` is the checked out one (None on a detached HEAD); `branches` are the local ones and
    `origin` those last seen there, each by name; `default` is the branch `origin/HEAD` points to.
    """

    branch: str | None
    tags: tuple[tuple[str, str], ...]
    nested: tuple[tuple[str, str], ...]
    branches: Mapping[str, str]
    origin: Mapping[str, str]
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The git repository around a folder, read through `run`.

    Of `environment` (the caller's, as in `Host`) git sees where programs and its user's settings
    are, and nothing else.
    """

    folder: Path
    run: Run
    environment: Mapping[str, str]

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What a git command prints; raises `SourceError` when it fails, `ToolError` without git.

        Whoever passes a name from outside puts `--end-of-options` before it or `--` around it.
        """
        done = self.run(self._command(arguments, stdin))
        if done.code != 0:
            raise _refusal(self.folder, arguments, done)
        return done.stdout

    def write(self, out: Path, *arguments: str, stdin: bytes = b"") -> None:
        """As `git`, but what it prints goes to a file, however much that is."""
        done = self.run(replace(self._command(arguments, stdin), log=out))
        if done.code != 0:
            raise _refusal(self.folder, arguments, done)

    def together(self, *commands: Sequence[str]) -> tuple[bytes, ...]:
        """What several git commands print, run at the same time; raises as `git` does."""
        results: dict[int, bytes | ReleaseError] = {}

        def work(index: int) -> None:
            try:
                results[index] = self.git(*commands[index])
            except ReleaseError as error:
                results[index] = error

        threads = [Thread(target=work, args=(index,)) for index in range(len(commands))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return tuple(_printed(results[index]) for index in range(len(commands)))

    def peel(self, tag: str) -> str | None:
        """The commit that a tag object leads to, by its id; None when it leads to none."""
        command = ("rev-parse", "--quiet", "--verify", f"{checked_id(tag)}^{{commit}}")
        done = self.run(self._command(command, b""))
        return done.stdout.decode("ascii", "replace").strip() or None

    def ls_tree(self, commit: str, path: str = "") -> tuple[Entry, ...]:
        """Every file, link and submodule that the commit has at or below `path`, sorted by path."""
        below = (path,) if path else ()
        return parse_tree(
            self.git("ls-tree", "-r", "-z", "--full-tree", checked_id(commit), "--", *below)
        )

    def _command(self, arguments: Sequence[str], stdin: bytes) -> Command:
        passed = {name: self.environment[name] for name in _PASSED if name in self.environment}
        return Command(
            argv=(*_GIT, *arguments), cwd=self.folder, env={**passed, **_FIXED}, stdin=stdin
        )


HEAD_COMMAND = ("rev-parse", "--is-shallow-repository", "--show-toplevel", "HEAD^{commit}")
_REFERENCE = ("refname", "objecttype", "objectname", "*objecttype", "*objectname", "symref", "HEAD")
REFERENCES_COMMAND = (
    "for-each-ref",
    "--format=" + "%00".join(f"%({field})" for field in _REFERENCE),
    "refs/tags",
    "refs/heads",
    "refs/remotes/origin",
)
STATUS_COMMAND = (
    *("status", "--porcelain=v2", "-z", "--branch", "--no-ahead-behind", "--no-renames"),
    *("--untracked-files=normal", "--ignore-submodules=none"),
)
ORIGIN_COMMAND = ("config", "--default", "", "--get", "remote.origin.url")


def log_command(commit: str, without: str | None) -> tuple[str, ...]:
    """The command that prints the commits reachable from `commit` and not from `without`."""
    return (
        *("log", "-z", "--topo-order", "--no-color", "--no-notes", "--no-mailmap"),
        *("--no-show-signature", "--encoding=UTF-8", "--format=%H%x00%P%x00%ct%x00%B"),
        checked_id(commit),
        *(() if without is None else (f"^{checked_id(without)}",)),
        "--",
    )


def line_command(tips: Sequence[str]) -> tuple[str, ...]:
    """The command that prints the first-parent history of the tips, newest first."""
    return ("rev-list", "--first-parent", *map(checked_id, tips), "--")


def line_to_command(commit: str, tips: Sequence[str]) -> tuple[str, ...]:
    """The same, without the parents of `commit` and what lies behind them.

    No commit between a tip and `commit` is an ancestor of these parents, so `commit` is among what
    is printed exactly when it is on the first-parent history of a tip.
    """
    return (*line_command(tips)[:-1], "--not", f"{checked_id(commit)}^@", "--")


def checked_id(text: str) -> str:
    """The text, when it is an object id in full; raises `SourceError`."""
    if _ID.fullmatch(text) is None:
        raise SourceError(f"{text[:80]!r} is no commit id", remedy="name the commit by its full id")
    return text


def parse_head(printed: bytes) -> Head:
    """Read what `HEAD_COMMAND` prints; the folder's name may hold anything, line ends too."""
    shallow, _, rest = printed.partition(b"\n")
    root, _, commit = rest.removesuffix(b"\n").rpartition(b"\n")
    return Head(
        root=Path(root.decode("utf-8", "surrogateescape")),
        commit=checked_id(commit.decode("ascii", "replace")),
        shallow=shallow != b"false",
    )


def parse_references(printed: bytes) -> References:
    """Read what `REFERENCES_COMMAND` prints. Tags of a file or a folder are left out."""
    branch, default = None, None
    tags: list[tuple[str, str]] = []
    nested: list[tuple[str, str]] = []
    branches: dict[str, str] = {}
    origin: dict[str, str] = {}
    for line in printed.split(b"\n")[:-1]:
        name, target, symbolic, head = _reference(line)
        if name.startswith("refs/tags/"):
            tags += [(name[10:], target[1])] if target[0] == "commit" else []
            nested += [(name[10:], target[1])] if target[0] == "tag" else []
        elif name.startswith("refs/heads/"):
            branches[name[11:]] = target[1]
            branch = name[11:] if head else branch
        elif symbolic:
            default = symbolic.removeprefix("refs/remotes/origin/")
        else:
            origin[name.removeprefix("refs/remotes/origin/")] = target[1]
    return References(
        branch=branch,
        tags=tuple(tags),
        nested=tuple(nested),
        branches=branches,
        origin=origin,
        default=default,
    )


def _reference(line: bytes) -> tuple[str, tuple[str, str], str, bool]:
    name, kind, target, peeled_kind, peeled, symbolic, head = line.split(b"\0")
    ends = (peeled_kind, peeled) if peeled else (kind, target)
    return shown(name), (ends[0].decode(), ends[1].decode()), shown(symbolic), head == b"*"


def parse_log(printed: bytes) -> tuple[Commit, ...]:
    """Read what `log_command` makes git print: newest first, children before parents."""
    fields = printed.split(b"\0")
    rows = zip(fields[0::4], fields[1::4], fields[2::4], fields[3::4], strict=False)
    return tuple(
        Commit(name.decode(), tuple(parents.decode().split()), int(time), message)
        for name, parents, time, message in rows
    )


def parse_status(printed: bytes) -> tuple[str, bool]:
    """Read what `STATUS_COMMAND` prints: the commit it compared with, and whether all is clean."""
    rows = printed.removesuffix(b"\0").split(b"\0")
    heads = [row for row in rows if row.startswith(b"# branch.oid ")]
    commit = heads[0].rpartition(b" ")[2].decode("ascii", "replace") if heads else ""
    return commit, all(row.startswith(b"# ") for row in rows)


def parse_tree(printed: bytes) -> tuple[Entry, ...]:
    """Read what `git ls-tree -z` prints."""
    entries = []
    for row in printed.split(b"\0")[:-1]:
        attributes, _, path = row.partition(b"\t")
        mode, kind, name = attributes.decode().split()
        entries.append(Entry(mode, kind, name, path))
    return tuple(sorted(entries, key=lambda entry: entry.path))


def shown(name: bytes) -> str:
    """A name as text that can be printed and written; every other byte or character escaped."""
    return printable(name.decode("utf-8", "backslashreplace"))


def _printed(result: bytes | ReleaseError) -> bytes:
    if isinstance(result, ReleaseError):
        raise result
    return result


def _refusal(folder: Path, arguments: Sequence[str], done: Completed) -> SourceError:
    for sign, fault, remedy in _REFUSALS:
        if sign in done.stderr:
            return SourceError(f"{shown(bytes(folder))} {fault}", remedy=remedy)
    said = shown(done.stderr.strip().rpartition(b"\n")[2])
    return SourceError(
        f"`git {arguments[0]}` failed in {shown(bytes(folder))} with exit code {done.code}: {said}",
        remedy="run `git fsck` there, and see what git itself says",
    )
