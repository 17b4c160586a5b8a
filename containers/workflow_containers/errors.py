"""Errors raised from this package.

ContainersError          base of all
├── DefinitionError      an image definition or a lock with faults; carries all of them
├── PlatformError        a text that is no platform
├── MemberError          a package or wheel with a member that may not go into an image
├── ClosureError         a library that a file needs and the image lacks
├── MirrorError          no mirror known, or it does not have what the lock names
├── LayoutError          bytes that are no OCI image layout
├── InterpreterError     the image's own interpreter could not be run
└── ToolError            a program that can't be started, or failed
"""

from __future__ import annotations

from collections.abc import Iterable

from workflow_sbom.errors import Fault, ToolkitError


class ContainersError(ToolkitError):
    """Base of every error this package raises. Its text names what, where and the remedy."""


class DefinitionError(ContainersError, ValueError):
    """An image definition or a lock with faults, all of them at once."""

    def __init__(self, origin: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{origin}: {fault}" for fault in self.faults))


class PlatformError(ContainersError, ValueError):
    """A text that is no platform."""


class MemberError(ContainersError):
    """A package or wheel with a member that may not go into an image."""


class ClosureError(ContainersError):
    """A library that a file needs and the image lacks."""


class MirrorError(ContainersError):
    """No mirror is known, or it does not have what the lock names."""


class AbsentError(MirrorError):
    """An address where nothing is."""


class LayoutError(ContainersError):
    """Bytes that are no OCI image layout."""


class InterpreterError(ContainersError):
    """The image's own interpreter could not be run."""


class ToolError(ContainersError):
    """A program that can't be started, runs too long, or failed."""
