"""SQLite: a step is a `BEGIN IMMEDIATE` transaction, which is the lock as well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from workflow_migrate.address import SqliteAddress
from workflow_migrate.errors import BusyError, ConnectError, Fault, HistoryError, ScriptError
from workflow_migrate.history import TABLE, Entry, State
from workflow_migrate.migration import NO_TRANSACTION, Direction, Script, Step

_COLUMNS: Final = {"version", "name", "checksum", "state", "applied_at"}
_CREATE: Final = f"""CREATE TABLE IF NOT EXISTS main.{TABLE} (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('applied', 'applying', 'reverting')),
    applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteDatabase:
    """A database in a file; implements `Database`."""

    name: str
    connection: sqlite3.Connection

    @classmethod
    def connect(cls, address: SqliteAddress, *, create: bool, patience: float) -> SqliteDatabase:
        """Open the file; only `create` makes one. Raises `ConnectError`."""
        # Never "ro": who reads after a crash has to roll the journal back first.
        uri = f"{address.path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
        try:
            connection = sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None)
        except sqlite3.Error as error:
            raise _unopened(address, error) from error
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            connection.close()
            raise _unopened(address, error) from error
        return cls(name=str(address.path), connection=connection)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Database.exclusive`; a failure inside leaves the file as it was."""
        with self._guarded():
            self._begin()
            try:
                self.connection.execute(_CREATE)
                yield
                self._commit()
            finally:
                self._roll_back()

    def history(self) -> tuple[Entry, ...]:
        """See `Database.history`."""
        with self._guarded():
            columns = self.connection.execute("SELECT name FROM pragma_table_info(?)", (TABLE,))
            if not (names := {name for (name,) in columns}):
                return ()
            if not names >= _COLUMNS:
                raise _foreign_table(self.name)
            rows = self.connection.execute(
                f"SELECT version, name, checksum, state FROM main.{TABLE} ORDER BY version"  # noqa: S608
            )
            return tuple(
                Entry(version=version, name=name, checksum=checksum, state=State(state))
                for version, name, checksum, state in rows
            )

    def perform(self, step: Step) -> None:
        """See `Database.perform`."""
        self._mark(step)
        if step.script.transaction:
            self._run(step.script, deny=_TRANSACTION_CONTROL)
        else:
            self._commit()
            self._run(step.script, deny=frozenset())
            if self.connection.in_transaction:
                raise _left_open(step.script)
            self._begin()
        self._settle(step)

    def close(self) -> None:
        """See `Database.close`."""
        self.connection.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ConnectError(
                f"{self.name}: {error}", remedy="is it whole, writable, and is there room?"
            ) from error

    def _begin(self) -> None:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            # The low byte is the kind, the rest says more of it.
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise BusyError(
                    f"{self.name}: another run, or another program, is writing to it",
                    remedy="wait for it, or give --lock-timeout more seconds",
                ) from error
            raise

    def _commit(self) -> None:
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise ScriptError(
                f"{self.name}: the step can't be committed: {error}; nothing of it was kept",
                remedy="mend the migration's file, then run again",
            ) from error

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")

    def _mark(self, step: Step) -> None:
        migration = step.migration
        if step.direction is Direction.UP:
            self.connection.execute(
                f"INSERT INTO main.{TABLE} (version, name, checksum, state) VALUES (?, ?, ?, ?)",  # noqa: S608
                (migration.version, migration.name, migration.up.checksum, State.APPLYING),
            )
        else:
            self.connection.execute(
                f"UPDATE main.{TABLE} SET state = ? WHERE version = ?",  # noqa: S608
                (State.REVERTING, migration.version),
            )

    def _settle(self, step: Step) -> None:
        version = step.migration.version
        if step.direction is Direction.UP:
            changed = self.connection.execute(
                f"UPDATE main.{TABLE} SET state = ? WHERE version = ?",  # noqa: S608
                (State.APPLIED, version),
            )
        else:
            changed = self.connection.execute(
                f"DELETE FROM main.{TABLE} WHERE version = ?",  # noqa: S608
                (version,),
            )
        if changed.rowcount != 1:
            raise _tampered(step.script)

    def _run(self, script: Script, *, deny: frozenset[int]) -> None:
        def authorize(action: int, *_: object) -> int:
            return sqlite3.SQLITE_DENY if action in deny else sqlite3.SQLITE_OK

        self.connection.set_authorizer(authorize)
        # Python sees a signal between its own instructions only: give it some inside a statement.
        self.connection.set_progress_handler(lambda: 0, _INSTRUCTIONS_BETWEEN_LOOKS)
        try:
            for offset, statement in statements(script.text):
                try:
                    self.connection.execute(statement).fetchall()
                except sqlite3.Error as error:
                    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                        raise KeyboardInterrupt from error
                    raise _refused(script, offset, error) from error
        finally:
            self.connection.set_authorizer(None)
            self.connection.set_progress_handler(None, 0)


_INSTRUCTIONS_BETWEEN_LOOKS: Final = 1_000_000
# Whatever begins or ends a transaction; savepoints inside it are the file's own business.
_TRANSACTION_CONTROL: Final = frozenset({sqlite3.SQLITE_TRANSACTION})


def statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a file with the offset of each; the last may lack its semicolon.

    Where one ends is SQLite's own judgement (`sqlite3_complete`): semicolons in strings,
    comments and trigger bodies end nothing.
    """
    start = at = 0
    while (end := text.find(";", at) + 1) > 0:
        at = end
        if sqlite3.complete_statement(text[start:end]):
            yield _trimmed(text, start, end)
            start = end
    if text[start:].strip():
        yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, str]:
    statement = text[start:end]
    return start + len(statement) - len(statement.lstrip()), statement.strip()


def _unopened(address: SqliteAddress, error: sqlite3.Error) -> ConnectError:
    return ConnectError(
        f"{address.path}: it can't be opened as a SQLite database: {error}",
        remedy="sqlite:///relative or sqlite:////absolute; `up` makes a file, never a folder",
    )


def _foreign_table(name: str) -> HistoryError:
    fault = Fault(
        where=name,
        message=f"its table {TABLE} was made by another tool",
        remedy="migrate this database with that tool, or use another database",
    )
    return HistoryError([fault])


def _refused(script: Script, offset: int, error: sqlite3.Error) -> ScriptError:
    where = f"{script.file}:{script.line_at(offset)}"
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_AUTH and script.transaction:
        return ScriptError(
            f"{where}: the file begins or ends a transaction; nothing of it was kept",
            remedy="take BEGIN, COMMIT and ROLLBACK out: the file runs in a transaction already",
        )
    kept = "nothing of it was kept" if script.transaction else "what ran before it was kept"
    remedy = "mend the file, then run again"
    if script.transaction and "transaction" in str(error):
        remedy = f"give that statement a file of its own that begins: {NO_TRANSACTION}"
    return ScriptError(f"{where}: {error}; {kept}", remedy=remedy)


def _left_open(script: Script) -> ScriptError:
    return ScriptError(
        f"{script.file}: it left a transaction open, which was undone; the migration is dirty",
        remedy="end it with COMMIT, then follow workflow-migrate status",
    )


def _tampered(script: Script) -> ScriptError:
    return ScriptError(
        f"{script.file}: it changed its own row of {TABLE}",
        remedy=f"leave {TABLE} to workflow-migrate",
    )
