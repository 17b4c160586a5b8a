"""Errors raised from this package. One exit code a kind; every message names what, where, remedy.

MigrateError         1   base of all
├── UsageError       2   a command line that asks for nothing that exists
├── SourceError      3   a folder of migrations with faults; all of them
├── AddressError     4   a text that is no database URL
├── ConnectError     5   a database that can't be reached, opened or used
├── HistoryError     6   a database and a folder that disagree; all of it
│   └── DirtyError   7   a migration that was begun and not finished
├── BusyError        8   another run holds the lock
└── ScriptError      9   the database refused a statement
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong: where (a file, a version), what, and how to mend it."""

    where: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} ({self.remedy})"


class MigrateError(Exception):
    """Base of every error this package raises.

    `message` says what and where; `remedy` what to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(MigrateError):
    """A command line that asks for nothing that exists."""

    exit_code = 2


class _FaultsError(MigrateError):
    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class SourceError(_FaultsError):
    """A folder of migrations with faults; the message holds all of them, a line each."""

    exit_code = 3


class AddressError(MigrateError, ValueError):
    """A text that is no database URL. The message never repeats it: it may hold a password."""

    exit_code = 4


class ConnectError(MigrateError):
    """A database that can't be reached, opened or used: gone, full, or no permission."""

    exit_code = 5


class HistoryError(_FaultsError):
    """What was applied and what the folder holds disagree; the message holds all of it."""

    exit_code = 6


class DirtyError(HistoryError):
    """A migration was begun outside a transaction and not finished; a person has to look."""

    exit_code = 7


class BusyError(MigrateError):
    """Another run holds the lock."""

    exit_code = 8


class ScriptError(MigrateError):
    """The database refused a statement of a migration."""

    exit_code = 9
