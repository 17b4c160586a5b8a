"""A git repository that a test writes commit by commit, with fixed people and times."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from workflow_release.machine.run import Command, checked, run
from workflow_release.repository.git import Repository

EPOCH = 1_700_000_000
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A U Thor",
    "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_COMMITTER_NAME": "C O Mitter",
    "GIT_COMMITTER_EMAIL": "committer@example.org",
}


@dataclass(slots=True)
class GitRepository:
    """A repository that a test writes. Commits lie a minute apart, from `EPOCH` on."""

    folder: Path
    commits: int = field(default=0)

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """What a git command prints, without the last line end."""
        when = f"{EPOCH + 60 * self.commits} +0000"
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        command = Command(
            argv=("git", *arguments), cwd=self.folder, env={**ENVIRONMENT, **dates}, stdin=stdin
        )
        return checked(run, command).decode(errors="surrogateescape").removesuffix("\n")

    def commit(self, message: str | bytes, **files: str) -> str:
        """Commit files (by default one that changes) and return the commit's id."""
        for name, content in (files or {"file.txt": f"{self.commits}\n"}).items():
            self.write(name, content)
        self.git("add", "--all")
        text = message if isinstance(message, bytes) else message.encode()
        self.git("commit", "--quiet", "--file=-", "--cleanup=verbatim", stdin=text)
        self.commits += 1
        return self.git("rev-parse", "HEAD")

    def write(self, name: str, text: str) -> None:
        """Write a file of the working tree."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def merge(self, branch: str, message: str = "") -> str:
        """Merge a branch with a merge commit and return its id."""
        text = message or f"Merge branch '{branch}'"
        self.git("merge", "--quiet", "--no-ff", "--strategy-option=ours", "-m", text, branch)
        self.commits += 1
        return self.git("rev-parse", "HEAD")

    def switch(self, branch: str, *, new: bool = False) -> None:
        """Change to a branch."""
        self.git("switch", "--quiet", *(["--create"] if new else []), branch)

    def reader(self) -> Repository:
        """The repository as the toolkit reads it."""
        return Repository(folder=self.folder, run=run, environment=ENVIRONMENT)
