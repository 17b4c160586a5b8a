"""Running programs: the only place of this package that starts one.

Arguments are lists, never shell strings; the environment is given whole; standard input is empty
unless bytes are given; what a program prints goes to a log file or comes back as bytes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from workflow_release.errors import ToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to run: `argv` as a list, in folder `cwd`, with exactly `env`.

    With `log`, both output streams are appended to that file; otherwise they come back.
    """

    argv: Sequence[str | Path]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
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

    def __call__(self, command: Command, /) -> Completed:
        """Run it."""
        ...


def run(command: Command) -> Completed:
    """Run a program on this machine; implements `Run`. Files it makes get mode 0644 or 0755."""
    if command.log is None:
        return _run(command, subprocess.PIPE, subprocess.PIPE)
    with command.log.open("ab") as log:
        return _run(command, log, subprocess.STDOUT)


def _run(command: Command, stdout: int | IO[bytes], stderr: int) -> Completed:
    program = str(command.argv[0])
    try:
        process = subprocess.Popen(
            [os.fspath(part) for part in command.argv],
            cwd=command.cwd,
            env=dict(command.env),
            stdin=subprocess.PIPE,
            stdout=stdout,
            stderr=stderr,
            umask=0o022,
        )
    except FileNotFoundError as error:
        raise ToolError(
            f"{program}: no such program, or no folder {command.cwd}", remedy="install it"
        ) from error
    except PermissionError as error:
        raise ToolError(f"{program}: may not be run", remedy="check its mode") from error
    except (OSError, ValueError) as error:
        raise ToolError(f"{program}: can't be started: {error}") from error
    return _ended(command, process)


def _ended(command: Command, process: subprocess.Popen[bytes]) -> Completed:
    """Wait for a program; when it is not waited for any more, it and what it started are ended."""
    with process:
        try:
            printed, complained = process.communicate(command.stdin, command.timeout)
        except BaseException as error:
            _end(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise ToolError(
                    f"{command.argv[0]}: not finished after {command.timeout:g} seconds",
                    remedy="see why it hangs, or whether the machine is busy",
                ) from error
            raise
    return Completed(code=process.returncode, stdout=printed or b"", stderr=complained or b"")


def _end(process: subprocess.Popen[bytes]) -> None:
    from workflow_sbom.machine.processes import end_below

    end_below(process.pid)
    process.kill()


def checked(runner: Run, command: Command) -> bytes:
    """Run a command that must succeed and return what it printed; raises `ToolError`."""
    done = runner(command)
    if done.code != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        program = Path(command.argv[0]).name
        detail = said[-1] if said else "no message"
        raise ToolError(
            f"{program} failed with exit code {done.code}: {detail}",
            remedy=f"see what `{program}` itself says",
        )
    return done.stdout
