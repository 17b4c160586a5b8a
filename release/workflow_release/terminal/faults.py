"""The last place an error reaches: told to a user with a remedy, never as a traceback."""

from __future__ import annotations

import platform
import tempfile
import traceback
from pathlib import Path

from workflow_containers.errors import ContainersError
from workflow_release import __version__
from workflow_release.errors import ReleaseError
from workflow_release.terminal.console import Console
from workflow_sbom.errors import SbomError

INTERNAL_FAULT = 70
"""EX_SOFTWARE of sysexits.h; no `ReleaseError` has it."""


def tell(error: Exception, console: Console, logs: Path) -> int:
    """Say what went wrong and return the exit code; details of our own faults go below `logs`."""
    match error:
        case ReleaseError():
            console.error(error)
            return error.exit_code
        case SbomError() | ContainersError():
            console.error(ReleaseError(str(error), remedy="mend what it names and run it again"))
            return ReleaseError.exit_code
        case OSError(strerror=str(reason)):
            where = f"{error.filename}: " if error.filename else ""
            remedy = f"is the disk full, or the folder somebody else's?{_details(error, logs)}"
            console.error(ReleaseError(f"{where}{reason}", remedy=remedy))
            return ReleaseError.exit_code
        case _:
            said = f"internal fault, please report{_details(error, logs)}"
            remedy = f"report it with that file; it is of workflow-release {__version__}"
            console.error(ReleaseError(said, remedy=remedy))
            return INTERNAL_FAULT


def _details(error: Exception, logs: Path) -> str:
    """Keep the traceback in a file that only its user reads; says where, when it could be."""
    text = "".join(traceback.format_exception(error))
    head = f"workflow-release {__version__}, Python {platform.python_version()}\n"
    try:
        logs.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace",
            prefix="fault-", suffix=".log", dir=logs, delete=False,
        ) as file:  # fmt: skip
            file.write(head + text)
    except OSError:
        return ""
    return f"; details in {file.name}"
