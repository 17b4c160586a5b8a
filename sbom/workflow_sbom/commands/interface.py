"""What a command is handed: where to speak, the environment, the time, what is piped in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError
from workflow_sbom.machine import host
from workflow_sbom.machine.files import write_whole
from workflow_sbom.terminal.console import Console

STREAM = Path("-")
"""Standard input where a file is read, standard output where one is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The edges of one invocation; `environment` may hold secrets and is never shown."""

    console: Console
    environment: Mapping[str, str] = field(repr=False)
    now: Callable[[], datetime] = host.now
    piped: Callable[[int], bytes] = host.standard_input

    def read(self, path: Path) -> bytes:
        """A file, or what is piped in; raises `DocumentError` for one that is too large.

        The message names no file, for whoever reads several names them.
        """
        limit = canonical.MAX_BYTES
        if path == STREAM:
            data = self.piped(limit)
        else:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
        if len(data) > limit:
            raise DocumentError(f"more than {limit} bytes", remedy="is it the right file?")
        return data

    def write(self, data: bytes, path: Path) -> None:
        """A document into a file, whole or not at all, or to standard output."""
        if path == STREAM:
            self.console.document(data)
        else:
            write_whole(path, data)


def named(path: Path) -> str:
    """What messages call a file."""
    return "standard input" if path == STREAM else str(path)
