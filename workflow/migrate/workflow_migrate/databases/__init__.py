"""The databases that can be migrated: an interface, and a module for each."""

from __future__ import annotations

from typing import assert_never

from workflow_migrate.address import Address, PostgresAddress, SqliteAddress
from workflow_migrate.databases.interface import Database


def connect(address: Address, *, create: bool, patience: float) -> Database:
    """Open a database; `patience` is how many seconds to wait for its lock.

    `create` makes the file of a SQLite database that is not there; a server's are never made.

    Raises `ConnectError`, or `AddressError` for a URL that the driver can't read.
    """
    match address:
        case SqliteAddress():
            from workflow_migrate.databases.sqlite import SqliteDatabase

            return SqliteDatabase.connect(address, create=create, patience=patience)
        case PostgresAddress():
            from workflow_migrate.databases.postgres import PostgresDatabase

            return PostgresDatabase.connect(address, patience=patience)
        case _:
            assert_never(address)
