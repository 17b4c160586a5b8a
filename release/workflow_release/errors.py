"""Errors raised from this package. One exit code a kind; every message names what, where, remedy.

ReleaseError         1   base of all
├── ConfigError      3   release.toml has faults; all of them
├── SourceError      4   the repository can't be told: no git, no commit, a shallow clone
├── VersionError     5   a text that is no version, or a rendering that would lie
├── PlanError        6   nothing to release, or two artifacts of one name
├── BuildError       7   one or more artifacts failed to build
├── SigningError     8   a key that is missing, foreign or readable by others
├── GateError        9   the judge refuses; every finding
├── TargetError     10   the target holds something else under that name
├── VerificationError 11 a release that is not what it says
├── BusyError       12   another run works in the same output folder
├── ToolError       13   a program that is missing or failed
└── RecordError     14   a release.json that can't be read
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow_sbom.errors import ToolkitError
from workflow_sbom.errors import UsageError as UsageError  # noqa: PLC0414 - one for every command

if TYPE_CHECKING:
    from workflow_release.finding import Finding


class ReleaseError(ToolkitError):
    """Base of every error this package raises; see `ToolkitError`."""


class ConfigError(ReleaseError, ValueError):
    """`release.toml` has faults; the message holds all of them, a line each."""

    exit_code = 3


class SourceError(ReleaseError):
    """The repository can't be told: no git, no commit, a shallow clone."""

    exit_code = 4


class VersionError(ReleaseError, ValueError):
    """A text that is no version, or a rendering that would not be true."""

    exit_code = 5


class PlanError(ReleaseError):
    """Nothing to release, or two artifacts of one name."""

    exit_code = 6


class BuildError(ReleaseError):
    """One or more artifacts failed to build."""

    exit_code = 7


class SigningError(ReleaseError):
    """A key that is missing, malformed, foreign or readable by others."""

    exit_code = 8


class GateError(ReleaseError):
    """The judge refuses; the message holds every finding, `findings` has them as values."""

    exit_code = 9

    def __init__(
        self, message: str, *, remedy: str = "", findings: tuple[Finding, ...] = ()
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.findings = findings


class TargetError(ReleaseError):
    """The target holds something else under that name."""

    exit_code = 10


class VerificationError(ReleaseError):
    """A release that is not what it says it is."""

    exit_code = 11


class BusyError(ReleaseError):
    """Another run works in the same output folder."""

    exit_code = 12


class ToolError(ReleaseError):
    """A program that is missing or failed."""

    exit_code = 13


class RecordError(ReleaseError, ValueError):
    """A release record that can't be read."""

    exit_code = 14
