"""The first values of the line: the commit a release is made from and the changes that led to it.

They stand apart from `model` so that asking for a version imports little.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The commit a release is made from.

    `tag` is the strict version tag on it, if any; `refused_tags` are tags on it that look like
    versions (`v0.18.10.1`) and are none. `branch` is None on a detached HEAD. `on_main`: the commit
    is in the first-parent history of the main branch. `clean`: tracked files are as committed and
    nothing untracked lies beside them. `repository` is the https address without credentials.
    """

    commit: str
    committed_at: datetime
    tag: str | None
    refused_tags: tuple[str, ...]
    branch: str | None
    on_main: bool
    clean: bool
    repository: str | None

    @property
    def epoch(self) -> int:
        """The commit's time in seconds: `SOURCE_DATE_EPOCH`."""
        return int(self.committed_at.timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change since the previous stable release, as its Conventional Commit says it.

    `kind` is the commit type (`feat`, `fix`, …; `other` for a message that follows no convention).
    """

    commit: str
    kind: str
    scope: str | None
    breaking: bool
    summary: str
