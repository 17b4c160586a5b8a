"""Errors raised from this package. One exit code a kind; every message names what, where, remedy.

EngineError          1   base of all
├── UsageError       2   a command line that asks for nothing that exists
├── ConfigError      3   a configuration with faults; all of them
├── AddressError     4   an address that can't be bound
├── StartError       5   a module that did not start
├── PipelineError    6   a pipeline that failed
│   └── RefusedError     a pipeline that refused its input: the caller's fault, not ours
└── TemplateError    7   a template that can't be parsed or evaluated
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

MAX_FAULTS: Final = 200


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a configuration: where (`modules[2].dependsOn[0]`), what, and the cure."""

    path: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        return f"{text} ({self.remedy})" if self.remedy else text


class EngineError(Exception):
    """Base of every error this package raises.

    `message` says what and where; `remedy` what to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(EngineError):
    """A command line that asks for nothing that exists."""

    exit_code = 2


class ConfigError(EngineError, ValueError):
    """A configuration with faults; the message holds all of them, a line each."""

    exit_code = 3

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Faults(list[Fault]):
    """Faults being gathered: as many as a person will read, then `ConfigError` at once.

    The bound also keeps a hostile file from buying a did-you-mean for each of its lines.
    """

    def append(self, fault: Fault) -> None:
        """Add one; raises `ConfigError` with all of them when there are too many."""
        super().append(fault)
        if len(self) >= MAX_FAULTS:
            more = Fault("", f"{MAX_FAULTS} faults; there may be more")
            raise ConfigError(dict.fromkeys([*self, more]))


class AddressError(EngineError):
    """An address that can't be bound: in use, not ours, not allowed."""

    exit_code = 4


class StartError(EngineError):
    """A module that did not start."""

    exit_code = 5


class PipelineError(EngineError):
    """A pipeline that failed; the message is for the operator, never for a caller over HTTP."""

    exit_code = 6


class RefusedError(PipelineError):
    """A pipeline that refused its input; the message is meant for the caller."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class TemplateError(EngineError, ValueError):
    """A template that can't be parsed, or that asked for more than it may have."""

    exit_code = 7
