"""What git says of the folder that images are built from: time, commit, repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workflow_containers.commands.interface import Shell
from workflow_containers.errors import ToolError
from workflow_containers.run import Command
from workflow_sbom.address import https_address
from workflow_sbom.machine.surroundings import build_environment

# Neither a program that the checkout's own settings name, nor more than was asked for.
_PLAIN = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false")
_PREFIX = "org.opencontainers.image."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A folder in a checkout; nothing is known of one that is in none, or where git is not."""

    root: Path
    output: Path
    shell: Shell

    @property
    def seconds(self) -> int | None:
        """The commit's time, in seconds since 1970."""
        said = self._git("log", "-1", "--format=%ct")
        return int(said) if said and said.isdigit() else None

    @property
    def annotations(self) -> dict[str, str]:
        """The commit and the repository's address; none where files differ from the commit's.

        What is built goes to `output`, which makes no difference.
        """
        changed = self._git("status", "--porcelain", "--", ":/", *self._except())
        commit = self._git("rev-parse", "--verify", "HEAD^{commit}")
        if changed != "" or not commit:
            return {}
        address = https_address(self._git("remote", "get-url", "origin") or "")
        source = {f"{_PREFIX}source": address} if address else {}
        return {f"{_PREFIX}revision": commit, **source}

    def _except(self) -> list[str]:
        if not self.output.is_relative_to(self.root) or self.output == self.root:
            return []
        return [f":(exclude,literal){self.output.relative_to(self.root).as_posix()}"]

    def _git(self, *words: str) -> str | None:
        """What git prints, without the final newline; None when it fails."""
        command = Command(
            argv=["git", *_PLAIN, *words],
            cwd=self.root,
            env={**build_environment(self.shell.environment), **self._home()},
            timeout=60,
        )
        try:
            done = self.shell.run(command)
        except ToolError:
            return None
        return done.stdout.decode(errors="replace").rstrip("\n") if done.code == 0 else None

    def _home(self) -> dict[str, str]:
        """Where git finds the user's own settings, such as folders of others that are safe."""
        return {"HOME": home} if (home := self.shell.environment.get("HOME")) else {}
