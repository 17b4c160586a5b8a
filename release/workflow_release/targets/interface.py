"""What every target does."""

from __future__ import annotations

from typing import Protocol

from workflow_release.model import Plan, Published
from workflow_release.targets.shipment import Shipment


class Publisher(Protocol):
    """A place releases go to, in steps: all places take each step before any takes the next.

    Every step done again is done already; another release under that name is a `TargetError`.
    """

    def preflight(self, plan: Plan, /) -> tuple[str, ...]:
        """Before anything is built: why this release could not go there; empty when it could."""
        ...

    def upload(self, shipment: Shipment, /) -> None:
        """Bring the content where nobody finds it yet."""
        ...

    def publish(self, shipment: Shipment, /) -> tuple[Published, ...]:
        """Make the release visible under its version, whole, and look at what is there then."""
        ...

    def advance(self, shipment: Shipment, /) -> tuple[Published, ...]:
        """Move the names that follow releases, forward alone; those that moved."""
        ...
