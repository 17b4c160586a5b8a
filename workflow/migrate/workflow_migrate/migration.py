"""The values: a migration is a pair of scripts under one number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

# The first line of a file that must not run in a transaction.
NO_TRANSACTION = "-- workflow-migrate: no-transaction"


class Direction(StrEnum):
    """Which half of a pair: `up` makes a change, `down` takes it back."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The text of one file, as it was read once.

    `checksum` is `sha256:` and 64 hexadecimal digits, over the file's bytes. `transaction` is
    false when the file's first line asks for it.
    """

    file: str
    text: str
    transaction: bool

    @property
    def checksum(self) -> str:
        """What is remembered of the file once it was applied."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    def line_at(self, offset: int) -> int:
        """The line, from 1, that holds the character at this offset."""
        return self.text.count("\n", 0, offset) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A numbered change of a schema. `version` is the file name's number without leading zeros."""

    version: int
    name: str
    up: Script
    down: Script

    def script(self, direction: Direction) -> Script:
        """The half that goes this way."""
        return self.up if direction is Direction.UP else self.down

    def __str__(self) -> str:
        return f"{self.version}_{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do to a database."""

    direction: Direction
    migration: Migration

    @property
    def script(self) -> Script:
        """The file that does it."""
        return self.migration.script(self.direction)
