"""Errors raised from this package, and what every error of the toolkit has.

ToolkitError            base of every package's base: a message, a remedy, an exit code
UsageError           2  a command line that asks for nothing that exists; of every command
SbomError           40  base of all
├── DigestError     41  a text that is no SHA-256 digest
├── DocumentError   42  bytes that are no acceptable JSON document
│   └── InvalidDocumentError  49  JSON that its specification forbids; carries every fault found
├── TableError      43  a table (TOML, JSON) with faults; carries all of them
├── ModelError      44  a component or document that can't be true (a reference twice, …)
├── InventoryError  45  an artifact whose contents can't be told
├── RefusedError    46  documents that a policy refuses; every finding
├── UndecidedError  47  documents of which a policy can't tell: a database is missing or too old
└── CoverageError   48  an artifact with an entry that nothing explains
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class ToolkitError(Exception):
    """What a user is told: `message` says what and where, `remedy` what to do about it.

    `exit_code` is the command's then; every kind has its own, over all packages.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "", *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(ToolkitError):
    """A command line that asks for nothing that exists."""

    exit_code = 2


class SbomError(ToolkitError):
    """Base of every error this package raises. Its text names what, where and the remedy."""

    exit_code = 40


class DigestError(SbomError, ValueError):
    """A text that is no SHA-256 digest."""

    exit_code = 41


class DocumentError(SbomError, ValueError):
    """Bytes that are no acceptable JSON document."""

    exit_code = 42


class ModelError(SbomError, ValueError):
    """A component or document that can't be true: a malformed purl, a reference to nothing."""

    exit_code = 44


class InventoryError(SbomError):
    """An artifact whose contents can't be told."""

    exit_code = 45


class RefusedError(SbomError):
    """Documents that a policy refuses; the message holds every finding, a line each."""

    exit_code = 46


class UndecidedError(SbomError):
    """Documents of which a policy can't tell whether they pass: what it needs is missing or old."""

    exit_code = 47


class CoverageError(SbomError):
    """An artifact with entries that nothing explains; the message holds every one, a line each."""

    exit_code = 48


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a document: where (`artifact[2].kind`), what, and how to mend it."""

    path: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        return f"{text} ({self.remedy})" if self.remedy else text


class InvalidDocumentError(DocumentError):
    """A document that its specification forbids, with the faults found."""

    exit_code = 49

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class TableError(SbomError, ValueError):
    """A table with faults, all of them at once."""

    exit_code = 43

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
