"""The last place an error reaches: told to a user with a remedy, never as a traceback."""

from __future__ import annotations

import platform
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

from workflow_sbom.errors import ToolkitError
from workflow_sbom.terminal.console import Console

INTERNAL_FAULT = 70
"""EX_SOFTWARE of sysexits.h; no `ToolkitError` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Whose command it is: a name and a version, and the folder for what only its authors read."""

    name: str
    version: str
    logs: Path


def tell(error: Exception, console: Console, program: Program) -> int:
    """Say what went wrong and return the exit code; details of our own faults go to a file."""
    match error:
        case ToolkitError():
            remedy = error.remedy or "mend what it names and run it again"
            console.error(ToolkitError(str(error), remedy=remedy))
            return error.exit_code
        case OSError(strerror=str(reason)):
            where = f"{error.filename}: " if error.filename else ""
            remedy = f"is the disk full, or the folder somebody else's?{_details(error, program)}"
            console.error(ToolkitError(f"{where}{reason}", remedy=remedy))
            return ToolkitError.exit_code
        case _:
            said = f"internal fault, please report{_details(error, program)}"
            remedy = f"report it with that file; it is of {program.name} {program.version}"
            console.error(ToolkitError(said, remedy=remedy))
            return INTERNAL_FAULT


def _details(error: Exception, program: Program) -> str:
    """Keep the traceback in a file that only its user reads; says where, when it could be."""
    text = "".join(traceback.format_exception(error))
    head = f"{program.name} {program.version}, Python {platform.python_version()}\n"
    try:
        program.logs.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace",
            prefix="fault-", suffix=".log", dir=program.logs, delete=False,
        ) as file:  # fmt: skip
            file.write(head + text)
    except OSError:
        return ""
    return f"; details in {file.name}"
