"""Running programs: the only place of this package that starts one.

Arguments are lists, never shell strings; the environment is given whole; standard input is empty
unless bytes are given; what a program prints goes to a log file or comes back as bytes.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workflow_release.errors import ToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run: `argv` as a list, in folder `cwd`, with exactly `env`.

    With `log`, both output streams are appended to that file; otherwise they come back.
    """

    argv: Sequence[str | Path]
    cwd: Path
    env: Mapping[str, str]
    log: Path | None = None
    stdin: bytes = b""
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a program left: its exit code and, without a log, what it printed."""

    code: int
    stdout: bytes
    stderr: bytes


class Run(Protocol):
    """Runs a command to its end; raises `ToolError` when it can't be started or runs too long."""

    def __call__(self, command: Command) -> Completed:
        """Run it."""
        ...


def run(command: Command) -> Completed:
    """Run a program on this machine; implements `Run`. Files it makes get mode 0644 or 0755."""
    argv = [str(part) for part in command.argv]
    try:
        if command.log is None:
            return _run(command, argv, subprocess.PIPE, subprocess.PIPE)
        with command.log.open("ab") as log:
            return _run(command, argv, log, subprocess.STDOUT)
    except FileNotFoundError as error:
        raise ToolError(
            f"{argv[0]}: no such program, or no folder {command.cwd}", remedy="install it"
        ) from error
    except PermissionError as error:
        raise ToolError(f"{argv[0]}: may not be run", remedy="check its mode") from error
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{argv[0]}: not finished after {command.timeout:g} seconds") from error


def _run(command: Command, argv: list[str], stdout: object, stderr: object) -> Completed:
    done = subprocess.run(
        argv,
        cwd=command.cwd,
        env=dict(command.env),
        input=command.stdin,
        stdout=stdout,  # type: ignore[call-overload]
        stderr=stderr,
        timeout=command.timeout,
        check=False,
        umask=0o022,
    )
    return Completed(code=done.returncode, stdout=done.stdout or b"", stderr=done.stderr or b"")


def checked(runner: Run, command: Command) -> bytes:
    """Run a command that must succeed and return what it printed; raises `ToolError`."""
    done = runner(command)
    if done.code != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        program = Path(str(command.argv[0])).name
        detail = said[-1] if said else "no message"
        raise ToolError(f"{program} failed with exit code {done.code}: {detail}")
    return done.stdout
