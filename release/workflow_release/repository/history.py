"""The version that the git history gives a commit, and the changes since the last release.

Git is asked what there is (`read_history`); what it means is decided on values alone:

    tag v1.2.3 on the commit, tree clean     1.2.3 (a release before a candidate, then the highest)
    a commit on the main branch              X.Y.Z-dev.N: X.Y.Z as the changes since the last stable
                                             release ask, N the first-parent distance from it
    no stable release before it              0.1.0-dev.N, N counted from the first commit
    a side branch, a detached HEAD elsewhere X.Y.Z-dev.N+g<commit>, never published
    a dirty tree                             X.Y.Z-dev.N+g<commit>.dirty, never published
    a tag such as v0.18.10.1 or v1.2         no version; told in `Source.refused_tags`
    a shallow clone, no commit, no git       `SourceError`

A tag decides wherever its commit is; `Source.on_main` says whether that is on main. Only tags on
the first-parent history count as the last release, so a maintenance release on a branch of its own
changes nothing on main. Candidates do not restart N, and a `-dev` tag decides nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from workflow_release.errors import SourceError
from workflow_release.repository import git
from workflow_release.repository.git import Commit, Head, References, Repository
from workflow_release.source import Change, Source
from workflow_release.version import Version, next_core
from workflow_sbom.address import https_address

_AGAIN = "run it again when nothing else changes the repository"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSettings:
    """How a repository names its releases: the text before a tag's version, and the main branch.

    Without `branch`, main is where `origin/HEAD` points, else `main`, else `master`, else the only
    local branch.
    """

    tag_prefix: str = "v"
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A commit in its history.

    `tagged` is the version that a tag on the commit names; `previous` the last stable release
    before the commit on its first-parent history, `distance` the number of first-parent steps back
    to it (or of commits on that line, when there is none); `released` every version that a tag of
    the repository names, ascending; `commits` what is new since `previous`, newest first.
    """

    source: Source
    tagged: Version | None
    previous: Version | None
    distance: int
    released: tuple[Version, ...]
    commits: tuple[Commit, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes since `previous`, newest first."""
        from workflow_release.repository.changes import changes_of

        return tuple(changes_of(self.commits))


class Tags(NamedTuple):
    """What the tags say: every version one names, by commit, and the highest stable of a commit."""

    versions: tuple[tuple[str, Version], ...]
    stable: Mapping[str, Version]

    @classmethod
    def read(cls, tags: Iterable[tuple[str, str]], prefix: str) -> Tags:
        """From tag names and their commits; names that are no version are left out."""
        read = ((commit, Version.parse_tag(prefix, name)) for name, commit in tags)
        versions = tuple((commit, version) for commit, version in read if version is not None)
        stable = sorted((version, commit) for commit, version in versions if version.stable)
        return cls(versions=versions, stable={commit: version for version, commit in stable})

    def decisive(self, commit: str) -> Version | None:
        """The version that the tags on a commit give it: a release first, else a candidate."""
        here = [version for tagged, version in self.versions if tagged == commit]
        return max(
            (version for version in here if version.channel != "dev"),
            key=lambda version: (version.stable, version),
            default=None,
        )

    def latest_but(self, commit: str) -> str | None:
        """The commit of the highest stable release, this commit's own aside."""
        others = ((version, other) for other, version in self.stable.items() if other != commit)
        return max(others, default=(None, None))[1]


def decide(history: History) -> Version:
    """The version of the commit, as this module's table has it."""
    source, tagged = history.source, history.tagged
    if tagged is not None and source.clean:
        return tagged
    if tagged is not None and tagged.stable:
        return next_core(tagged, ()).dev(0, _build(source))
    return _asked_for(history).dev(history.distance, _build(source))


def _asked_for(history: History) -> Version:
    if history.previous is None:
        return next_core(None, ())
    from workflow_release.repository.changes import changes_of

    return next_core(history.previous, changes_of(history.commits))


def _build(source: Source) -> str | None:
    if source.clean and source.on_main:
        return None
    return f"g{source.commit[:12]}" + ("" if source.clean else ".dirty")


def read_history(repository: Repository, settings: VersionSettings | None = None) -> History:
    """Read the checked out commit's history; raises `SourceError` when it can't be told.

    Few git commands, most of them at the same time: a version is asked for all the time.
    """
    settings = settings or VersionSettings()
    head, references = _head(repository)
    tags = Tags.read(references.tags, settings.tag_prefix)
    tips = main_tips(references, settings.branch)
    guess = tags.latest_but(head.commit)
    log, status, origin, *line = repository.together(
        git.log_command(head.commit, guess),
        git.STATUS_COMMAND,
        git.ORIGIN_COMMAND,
        *([git.line_to_command(head.commit, tips)] if tips and head.commit not in tips else []),
    )
    since = _since(repository, head.commit, tags.stable, guess, git.parse_log(log))
    tagged = tags.decisive(head.commit)
    return History(
        source=Source(
            commit=head.commit,
            committed_at=datetime.fromtimestamp(since.commits[0].time, UTC),
            tag=None if tagged is None else f"{settings.tag_prefix}{tagged}",
            refused_tags=refused_tags(references.tags, head.commit, settings.tag_prefix),
            branch=references.branch,
            on_main=head.commit in tips
            or any(head.commit in text.decode().split() for text in line),
            clean=_clean(status, head.commit),
            repository=https_address(origin.decode(errors="replace").rstrip("\n")),
        ),
        tagged=tagged,
        previous=None if since.release is None else tags.stable[since.release],
        distance=since.distance,
        released=tuple(sorted({version for _, version in tags.versions})),
        commits=since.commits,
    )


def main_tips(references: References, configured: str | None) -> tuple[str, ...]:
    """Where the main branch ends, here and at origin as last seen; empty when there is none."""
    names = (
        [configured]
        if configured is not None
        else [name for name in (references.default, "main", "master") if name is not None]
    )
    for name in names:
        places = (references.branches, references.origin)
        if tips := tuple(dict.fromkeys(place[name] for place in places if name in place)):
            return tips
    only = configured is None and len(references.branches) == 1
    return tuple(references.branches.values()) if only else ()


def refused_tags(tags: Iterable[tuple[str, str]], commit: str, prefix: str) -> tuple[str, ...]:
    """The tags on a commit that look like versions and are none, sorted.

    `v1` and `v1.2` beside `v1.2.3` are names that move with the releases, and claim nothing.
    """
    here = [name for name, tagged in tags if tagged == commit]
    strict = [name for name in here if Version.parse_tag(prefix, name) is not None]
    return tuple(
        sorted(
            name
            for name in here
            if name not in strict
            and name.startswith(prefix)
            and name.removeprefix(prefix)[:1].isdigit()
            and not any(version.startswith(f"{name}.") for version in strict)
        )
    )


class Since(NamedTuple):
    """The last release's commit, the first-parent steps back to it, and what is new since."""

    release: str | None
    distance: int
    commits: tuple[Commit, ...]


def steps_back(
    commits: Iterable[Commit], head: str, release: str | None, releases: Container[str]
) -> int | None:
    """The first-parent steps from `head` to `release` (None: to before the first commit).

    None when that line passes another release first, or does not end there.
    """
    parents = {commit.id: commit.parents for commit in commits}
    steps, at = 0, head
    while at in parents and not (steps and at in releases):
        steps += 1
        if not parents[at]:
            return steps if release is None else None
        at = parents[at][0]
    return steps if at == release else None


def _since(
    repository: Repository,
    head: str,
    releases: Container[str],
    guess: str | None,
    commits: tuple[Commit, ...],
) -> Since:
    """What is new, when the highest release is the last one; otherwise by walking the line."""
    distance = steps_back(commits, head, guess, releases)
    if distance is not None:
        return Since(release=guess, distance=distance, commits=commits)
    line = repository.git(*git.line_command([head])).decode().split()
    release = next((commit for commit in line[1:] if commit in releases), None)
    commits = git.parse_log(repository.git(*git.log_command(head, release)))
    distance = len(line) if release is None else line.index(release)
    return Since(release=release, distance=distance, commits=commits)


def _head(repository: Repository) -> tuple[Head, References]:
    head, references = repository.together(git.HEAD_COMMAND, git.REFERENCES_COMMAND)
    parsed = git.parse_head(head)
    if parsed.shallow:
        raise SourceError(
            f"{parsed.root} is a shallow clone: the history that gives its version is cut off",
            remedy="fetch the rest: `git fetch --unshallow --tags`",
        )
    return parsed, _followed(repository, git.parse_references(references))


def _followed(repository: Repository, found: References) -> References:
    if not found.nested:
        return found
    ends = ((name, repository.peel(inner)) for name, inner in found.nested)
    tags = [*found.tags, *((name, commit) for name, commit in ends if commit is not None)]
    return found._replace(tags=tuple(tags), nested=())


def _clean(status: bytes, commit: str) -> bool:
    compared, clean = git.parse_status(status)
    if compared != commit:
        raise SourceError(f"HEAD moved from {commit} while it was read", remedy=_AGAIN)
    return clean
