"""Errors raised from this package. One exit code a kind; every message names what, where, remedy.

ContainersError         20  base of all
├── DefinitionError     21  an image definition or a lock with faults; carries all of them
├── PlatformError       22  a text that is no platform
├── MemberError         23  a package or wheel with a member that may not go into an image
├── ClosureError        24  a library that a file needs and the image lacks
├── MirrorError         25  no mirror known, or it does not have what the lock names
│   └── AbsentError     26  an address where nothing is, or packages that a mirror dropped
├── LayoutError         27  bytes that are no OCI image layout, or not the one they say
├── InterpreterError    28  the image's own interpreter could not be run
├── ToolError           29  a program that can't be started, or failed
├── ImageNameError      30  a text that is no name of an image in a registry
├── NetworkError        31  a server that can't be reached, or stopped in the middle
├── RegistryError       32  a registry that refuses, or answers what no registry may
│   └── MissingError    33  nothing there of that name or digest
├── CredentialsError    34  credentials that are missing, unreadable or refused
├── IntegrityError      35  bytes that are not those of their digest
├── ConflictError       36  a name that stands for something else already
├── EngineError         37  no Docker Engine, or one that refuses
├── UnhealthyError      38  an image that does not run well, or may not be run
└── CoverageError       39  an image with something that nothing explains, or that can't be checked
"""

from __future__ import annotations

from collections.abc import Iterable

from workflow_sbom.errors import Fault, ToolkitError


class ContainersError(ToolkitError):
    """Base of every error this package raises. Its text names what, where and the remedy."""

    exit_code = 20


class DefinitionError(ContainersError, ValueError):
    """An image definition or a lock with faults, all of them at once."""

    exit_code = 21

    def __init__(self, origin: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{origin}: {fault}" for fault in self.faults))


class PlatformError(ContainersError, ValueError):
    """A text that is no platform."""

    exit_code = 22


class MemberError(ContainersError):
    """A package or wheel with a member that may not go into an image."""

    exit_code = 23


class ClosureError(ContainersError):
    """A library that a file needs and the image lacks."""

    exit_code = 24


class MirrorError(ContainersError):
    """No mirror is known, or it does not have what the lock names."""

    exit_code = 25


class AbsentError(MirrorError):
    """An address where nothing is, or packages that a mirror no longer has."""

    exit_code = 26


class LayoutError(ContainersError):
    """Bytes that are no OCI image layout, or not the one they say."""

    exit_code = 27


class InterpreterError(ContainersError):
    """The image's own interpreter could not be run."""

    exit_code = 28


class ToolError(ContainersError):
    """A program that can't be started, runs too long, or failed."""

    exit_code = 29


class ImageNameError(ContainersError, ValueError):
    """A text that is no name of an image in a registry."""

    exit_code = 30


class NetworkError(ContainersError):
    """A server that can't be reached, does not answer in time, or stopped in the middle.

    `lasting` when another attempt would end the same, as with a certificate that is refused.
    """

    exit_code = 31

    def __init__(self, message: str, *, remedy: str = "", lasting: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.lasting = lasting


class RegistryError(ContainersError):
    """A registry that refuses, or answers what no registry may.

    `status` is the answer's HTTP status and `code` the registry's own word for it, if it gave one.
    """

    exit_code = 32

    def __init__(
        self, message: str = "", *, remedy: str = "", status: int = 0, code: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code


class MissingError(RegistryError):
    """Nothing is there of that name or digest."""

    exit_code = 33


class CredentialsError(ContainersError):
    """Credentials that are missing, unreadable or refused."""

    exit_code = 34


class IntegrityError(ContainersError):
    """Bytes that are not those of their digest."""

    exit_code = 35


class ConflictError(ContainersError):
    """A name that stands for something else already, and is never overwritten."""

    exit_code = 36


class EngineError(ContainersError):
    """No Docker Engine that answers, or one that refuses."""

    exit_code = 37


class UnhealthyError(ContainersError):
    """An image that does not run well, or may not be run: as root, for instance."""

    exit_code = 38


class CoverageError(ContainersError):
    """An image with something in it that nothing explains, or that can't be told."""

    exit_code = 39
