"""What a database does for a run of migrations; the one seam of this package."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from workflow_migrate.history import Entry
from workflow_migrate.migration import Step


class Database(Protocol):
    """An open connection to the database that is migrated."""

    @property
    def name(self) -> str:
        """Which database this is, for a person; holds no password."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """No other run changes this database inside the block; raises `BusyError` after a wait."""
        ...

    def history(self) -> tuple[Entry, ...]:
        """The rows of `schema_migrations`; none when there is no such table. Changes nothing.

        Raises `HistoryError` when the table is another tool's.
        """
        ...

    def perform(self, step: Step) -> None:
        """Run a step's script and record it; called inside `exclusive`.

        In a transaction the row is written dirty first, and clean last: whatever ends the
        transaction in between leaves either nothing or a dirty row. Outside one, the dirty row
        is committed before the script begins. Raises `ScriptError`.
        """
        ...

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        ...
