"""One run of a command: heeding signals, telling every error, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workflow_sbom.machine.interruption import Interruption
from workflow_sbom.terminal.commandline import CommandLine
from workflow_sbom.terminal.console import Console

BROKEN_PIPE = 141  # as a shell reports a process that SIGPIPE ended


def conduct(
    line: CommandLine, console: Console, logs: Path, work: Callable[[Interruption], int]
) -> int:
    """Do the work of a command; its exit code, or that of what went wrong.

    Details of our own faults go to a file below `logs`. `SystemExit` means that help was printed.
    """
    interruption = Interruption()
    try:
        with interruption.heeded():
            code = _told(line, console, logs, lambda: work(interruption))
        console.flush()
    except KeyboardInterrupt:
        console.say("interrupted; nothing half-made was left, run it again to finish")
        return interruption.exit_code
    except BrokenPipeError:
        console.abandon()
        return BROKEN_PIPE
    return code


def _told(line: CommandLine, console: Console, logs: Path, work: Callable[[], int]) -> int:
    try:
        return work()
    except BrokenPipeError:
        raise
    except SystemExit as ended:
        if ended.code in {None, 0}:
            return 0  # help or version was asked for, and is printed
        raise
    except Exception as error:  # noqa: BLE001 - the one net below every command
        from workflow_sbom.terminal.faults import Program, tell

        return tell(error, console, Program(name=line.program, version=line.version, logs=logs))
