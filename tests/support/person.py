"""A person at the command line: own home, key and cache; the command in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAMS = Path(sys.executable).parent
COMMAND = str(PROGRAMS / "workflow-release")
CONTAINERS = str(PROGRAMS / "workflow-containers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run of the command left."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with a home, a key and a cache of their own."""

    home: Path
    cache: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "DOCKER_CONFIG": str(self.home / ".docker"),
            "WORKFLOW_RELEASE_CACHE": str(self.cache),
            "NO_COLOR": "1",
            "CI": "",
        }

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Run `workflow-release` with this user's environment."""
        return self._run(COMMAND, words, env or {}, "")

    def containers(
        self, *words: str, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Outcome:
        """Run `workflow-containers` with this user's environment."""
        store = {"WORKFLOW_CONTAINERS_STORE": str(self.cache / "store")}
        return self._run(CONTAINERS, words, {**store, **(env or {})}, stdin)

    def _run(
        self, program: str, words: Sequence[str], env: Mapping[str, str], stdin: str
    ) -> Outcome:
        done = subprocess.run(
            [program, *words],
            env={**self.environment, **env},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)

    def cut(self, repository: Path, *words: str) -> Path:
        """Cut a release that must succeed, verify it as this user, and return its folder."""
        made = self.run("cut", "-C", str(repository), "--json", *words)
        assert made.code == 0, made.err
        folder = Path(json.loads(made.out)["published"][0]["location"])
        assert self.verdict(folder)["ok"] is True
        return folder

    def verdict(self, folder: Path) -> Any:
        """What verify says of a release folder."""
        return json.loads(self.run("verify", str(folder), "--json").out)[0]
