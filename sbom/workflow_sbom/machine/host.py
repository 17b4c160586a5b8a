"""What this process was given: its environment, the time, standard input.

The only reader of `os.environ` and of the clock in this package; commands are handed the values.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType


def environment() -> Mapping[str, str]:
    """The process's environment as it was when asked."""
    return MappingProxyType(dict(os.environ))


def now() -> datetime:
    """This machine's time: for judging how old something is, never for what is written."""
    return datetime.now(UTC)


def standard_input(limit: int) -> bytes:
    """What is piped in, one byte more than the limit at most."""
    return b"" if sys.stdin is None else sys.stdin.buffer.read(limit + 1)


def log_folder(given: Mapping[str, str]) -> Path:
    """Where details of our own faults go (XDG base directories)."""
    base = given.get("XDG_CACHE_HOME", "")
    home = Path(given.get("HOME") or "/").absolute()
    parent = Path(base) if base.startswith("/") else home / ".cache"
    return parent / "workflow-sbom" / "logs"
