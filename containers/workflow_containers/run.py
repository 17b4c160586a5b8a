"""Running programs: the only place of this package that starts one.

Arguments are lists, never shell strings; the environment is given whole; the umask is fixed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from workflow_containers.errors import ToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run: `argv` as a list, in folder `cwd`, with exactly `env`."""

    argv: Sequence[str | Path]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a program left: its exit code and what it printed."""

    code: int
    stdout: bytes
    stderr: bytes = b""

    @property
    def last_words(self) -> str:
        """The last line on standard error, printable; what most programs say on failing."""
        lines = self.stderr.decode(errors="replace").strip().splitlines()
        return "".join(c if c.isprintable() else "?" for c in lines[-1][:300]) if lines else ""


class Run(Protocol):
    """Runs a command to its end; raises `ToolError` when it can't be started or runs too long."""

    def __call__(self, command: Command, /) -> Completed:
        """Run it."""
        ...


def run(command: Command) -> Completed:
    """Run a program on this machine; implements `Run`."""
    argv = [str(part) for part in command.argv]
    try:
        done = subprocess.run(
            argv,
            cwd=command.cwd,
            env=dict(command.env),
            input=command.stdin,
            capture_output=True,
            timeout=command.timeout,
            check=False,
            umask=0o022,
        )
    except FileNotFoundError as error:
        raise ToolError(f"{argv[0]}: no such program; install it") from error
    except OSError as error:
        raise ToolError(f"{argv[0]} can't be started: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{argv[0]}: not finished after {command.timeout:g} seconds") from error
    return Completed(code=done.returncode, stdout=done.stdout, stderr=done.stderr)
