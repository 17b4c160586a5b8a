"""Clients of registries that others wrote: skopeo, crane, oras, cosign. No one's settings count."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.absent import absent
from support.go_programs import program

SECONDS = 120


@dataclass(frozen=True, slots=True)
class Client:
    """A program and what it is always told."""

    argv: tuple[str | Path, ...]
    home: Path

    def ask(self, *words: str | Path) -> subprocess.CompletedProcess[bytes]:
        """Run a command that may fail."""
        self.home.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [*self.argv, *words],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.home)},
            cwd=self.home,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )

    def tell(self, *words: str | Path) -> str:
        """Run a command that must succeed; what it printed, to the byte."""
        done = self.ask(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.decode()


def skopeo(home: Path) -> Client:
    found = shutil.which("skopeo") or absent("no skopeo: apt-get install skopeo")
    return Client((found, "--insecure-policy"), home)


def crane(home: Path) -> Client:
    return Client((program("crane"),), home)


def oras(home: Path) -> Client:
    return Client((program("oras"),), home)


def cosign(home: Path) -> Client:
    """The part of it that verifies what is attached: `interop/go/verify`."""
    return Client((program("verify"),), home)
