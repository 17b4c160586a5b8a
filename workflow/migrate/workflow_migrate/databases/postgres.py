"""PostgreSQL through psycopg: an advisory lock around each step, the file sent as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from workflow_migrate.address import PostgresAddress
from workflow_migrate.databases.postgres_url import PostgresUrl
from workflow_migrate.errors import (
    BusyError,
    ConnectError,
    Fault,
    HistoryError,
    ScriptError,
)
from workflow_migrate.history import TABLE, Entry, State
from workflow_migrate.migration import NO_TRANSACTION, Direction, Script, Step

# "workflow" in ASCII, as a number: advisory locks are a database's own, so one is enough.
LOCK: Final = 0x776F726B666C6F77
_COLUMNS: Final = {"version", "name", "checksum", "state", "applied_at"}
_CREATE: Final = sql.SQL("""CREATE TABLE IF NOT EXISTS {table} (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    state text NOT NULL CHECK (state IN ('applied', 'applying', 'reverting')),
    applied_at timestamptz NOT NULL DEFAULT now()
)""")
# A file's SET must reach neither our own statements nor the next file.
_RESET: Final = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresDatabase:
    """A PostgreSQL database, in the schema that is current at the start; implements `Database`."""

    name: str
    schema: str
    patience: float
    connection: psycopg.Connection[Any]

    @classmethod
    def connect(cls, address: PostgresAddress, *, patience: float) -> PostgresDatabase:
        """Connect as libpq would. Raises `ConnectError`, `AddressError`."""
        url = PostgresUrl.read(address)
        try:
            connection = psycopg.connect(url.conninfo(), autocommit=True)
        except psycopg.Error as error:
            raise ConnectError(
                f"{url.name}: {url.redacted(str(error))}",
                remedy="is the server up, and the URL's user allowed in?",
            ) from error
        row = connection.execute("SELECT current_schema()").fetchone()
        if row is None or row[0] is None:
            connection.close()
            raise ConnectError(
                f"{url.name}: no schema of the search path exists",
                remedy="make the schema, or name another with ?options=-csearch_path%3D…",
            )
        return cls(name=url.name, schema=row[0], patience=patience, connection=connection)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Database.exclusive`."""
        with self._guarded():
            self._lock()
            try:
                if not self._columns():
                    self.connection.execute(_CREATE.format(table=self._table))
                yield
            finally:
                self._unlock()

    def history(self) -> tuple[Entry, ...]:
        """See `Database.history`."""
        with self._guarded():
            if not (columns := self._columns()):
                return ()
            if not columns >= _COLUMNS:
                raise _foreign_table(self.name)
            query = sql.SQL("SELECT version, name, checksum, state FROM {table} ORDER BY version")
            return tuple(
                Entry(version=version, name=name, checksum=checksum, state=State(state))
                for version, name, checksum, state in self._execute(query)
            )

    def perform(self, step: Step) -> None:
        """See `Database.perform`."""
        if not step.script.transaction:
            self._mark(step)
            self._run(step.script)
            self._settle(step)
            return
        self.connection.execute("BEGIN")
        try:
            self._perform_in_transaction(step)
        except BaseException:
            self._roll_back()
            raise

    def close(self) -> None:
        """See `Database.close`."""
        self.connection.close()

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(self.schema, TABLE)

    def _execute(self, query: sql.SQL, *values: object) -> psycopg.Cursor[Any]:
        return self.connection.execute(query.format(table=self._table), values or None)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise ConnectError(
                f"{self.name}: {_said(error)}", remedy="is the server up, and may the user do this?"
            ) from error

    def _columns(self) -> set[str]:
        names = self.connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0",
            (self._table.as_string(self.connection),),
        )
        return {name for (name,) in names}

    def _lock(self) -> None:
        milliseconds = sql.Literal(f"{max(1, int(self.patience * 1000))}ms")
        try:
            self.connection.execute(sql.SQL("SET lock_timeout = {}").format(milliseconds))
            self.connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            self.connection.execute("RESET lock_timeout")
        except psycopg.errors.LockNotAvailable as error:
            raise BusyError(
                f"{self.name}: another run holds the lock",
                remedy="wait for it, or give --lock-timeout more seconds",
            ) from error

    def _unlock(self) -> None:
        # A connection that is gone has given its lock back already.
        with suppress(psycopg.Error):
            self.connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))

    def _perform_in_transaction(self, step: Step) -> None:
        self._mark(step)
        begun = self._transaction()
        self._run(step.script)
        if self._transaction() != begun:
            self._remember_dirty(step)
            raise _escaped(step.script)
        self._settle(step)
        try:
            self.connection.execute("COMMIT")
        except psycopg.Error as error:
            raise _refused(step.script, error) from error

    def _transaction(self) -> int | None:
        if self.connection.info.transaction_status is not TransactionStatus.INTRANS:
            return None
        row = self.connection.execute("SELECT txid_current()").fetchone()
        return None if row is None else int(row[0])

    def _remember_dirty(self, step: Step) -> None:
        """Leave the row dirty, also when the file rolled it back and went on without us."""
        self._roll_back()
        self.connection.execute(_RESET)
        with suppress(psycopg.errors.UniqueViolation):
            self._mark(step)

    def _roll_back(self) -> None:
        with suppress(psycopg.Error):
            self.connection.execute("ROLLBACK")

    def _mark(self, step: Step) -> None:
        migration = step.migration
        if step.direction is Direction.UP:
            self._execute(
                sql.SQL(
                    "INSERT INTO {table} (version, name, checksum, state) VALUES (%s, %s, %s, %s)"
                ),
                migration.version,
                migration.name,
                migration.up.checksum,
                State.APPLYING.value,
            )
        else:
            self._execute(
                sql.SQL("UPDATE {table} SET state = %s WHERE version = %s"),
                State.REVERTING.value,
                migration.version,
            )

    def _settle(self, step: Step) -> None:
        version = step.migration.version
        self.connection.execute(_RESET)
        if step.direction is Direction.UP:
            changed = self._execute(
                sql.SQL("UPDATE {table} SET state = %s WHERE version = %s"),
                State.APPLIED.value,
                version,
            )
        else:
            changed = self._execute(sql.SQL("DELETE FROM {table} WHERE version = %s"), version)
        if changed.rowcount != 1:
            raise _tampered(step.script)

    def _run(self, script: Script) -> None:
        try:
            # Without values no % is a placeholder, and the whole text goes in one message.
            self.connection.execute(script.text)
        except psycopg.Error as error:
            raise _refused(script, error) from error


def _foreign_table(name: str) -> HistoryError:
    fault = Fault(
        where=name,
        message=f"its table {TABLE} was made by another tool",
        remedy="migrate this database with that tool, or use another schema",
    )
    return HistoryError([fault])


def _refused(script: Script, error: psycopg.Error) -> ScriptError:
    position = error.diag.statement_position
    line = f":{script.line_at(int(position) - 1)}" if position else ""
    kept = "nothing of it was kept" if script.transaction else "it may have happened in part"
    remedy = "mend the file, then run again"
    if isinstance(error, psycopg.errors.ActiveSqlTransaction):
        remedy = f"give that statement a file of its own that begins: {NO_TRANSACTION}"
    return ScriptError(f"{script.file}{line}: {_said(error)}; {kept}", remedy=remedy)


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or " ".join(str(error).split())


def _escaped(script: Script) -> ScriptError:
    return ScriptError(
        f"{script.file}: it ended the transaction it ran in; the migration is marked dirty",
        remedy="take BEGIN, COMMIT and ROLLBACK out, then follow workflow-migrate status",
    )


def _tampered(script: Script) -> ScriptError:
    return ScriptError(
        f"{script.file}: it changed its own row of schema_migrations",
        remedy="leave schema_migrations to workflow-migrate",
    )
