"""What every target does, and what it is handed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workflow_release.judging.judge import Cleared
from workflow_release.model import File, Plan, Published
from workflow_sbom.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file to publish: its bytes, or where they are; never trusted to match `digest` unread."""

    name: str
    size: int
    digest: Digest
    content: bytes | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A cleared release with its signed record: all that goes out, and nothing else can."""

    cleared: Cleared
    record: File
    record_bundle: File

    @property
    def items(self) -> Iterator[Item]:
        """Every file of the release; the record and its bundle last."""
        for artifact in self.cleared.attested.artifacts:
            yield Item(
                name=artifact.name,
                size=artifact.size,
                digest=artifact.digest,
                content=artifact.path,
            )
        for file in (*self.cleared.attested.files, self.record, self.record_bundle):
            yield Item(
                name=file.name, size=file.size, digest=file.digest, content=file.content or b""
            )


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
