"""What holds of every database: the same tests against SQLite and a real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from support import postgres
from workflow_migrate import runner
from workflow_migrate.address import Address, PostgresAddress, SqliteAddress
from workflow_migrate.databases import connect
from workflow_migrate.databases.interface import Database
from workflow_migrate.databases.postgres import LOCK
from workflow_migrate.errors import (
    BusyError,
    ConnectError,
    DirtyError,
    HistoryError,
    ScriptError,
    UsageError,
)
from workflow_migrate.history import Entry, State
from workflow_migrate.migration import Migration, Script

USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
INDEX = "CREATE INDEX by_name ON users (name); INSERT INTO users VALUES (1, '100%; --');"
OUTSIDE = "-- workflow-migrate: no-transaction\n"


def migration(version: int, up: str, down: str = "SELECT 1;") -> Migration:
    def script(direction: str, text: str) -> Script:
        name = f"{version}_m.{direction}.sql"
        return Script(file=name, text=text, transaction=not text.startswith(OUTSIDE))

    return Migration(version=version, name="m", up=script("up", up), down=script("down", down))


SERIES = (
    migration(1, USERS, "DROP TABLE users;"),
    migration(20260424093015, INDEX, "DROP INDEX by_name; DELETE FROM users;"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A database to try things in, and a look at it that goes past the code under test."""

    address: Address
    query: Callable[[str], list[tuple[object, ...]]]
    lock: Callable[[], object]

    @contextmanager
    def open(self, *, patience: float = 10.0) -> Iterator[Database]:
        with closing(connect(self.address, create=True, patience=patience)) as database:
            yield database

    def up(self, *migrations: Migration, to: int | None = None) -> list[int]:
        with self.open() as database:
            return [step.migration.version for step in runner.up(database, migrations, to=to)]

    def down(self, *migrations: Migration, steps: int = 1) -> list[int]:
        with self.open() as database:
            steps_ = runner.down(database, migrations, steps=steps)
            return [step.migration.version for step in steps_]

    def history(self) -> list[tuple[int, State]]:
        with self.open() as database:
            return [(entry.version, entry.state) for entry in database.history()]


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Iterator[Place]:
    path = tmp_path / "a b%?#.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as own:
        yield Place(
            address=SqliteAddress(path=path),
            query=lambda text: own.execute(text).fetchall(),
            lock=lambda: own.execute("BEGIN IMMEDIATE"),
        )


@pytest.fixture
def postgres_place(postgres_socket: Path) -> Iterator[Place]:
    name = postgres.create_database(postgres_socket)
    url = f"postgresql://workflow@/{name}?host={quote(str(postgres_socket), safe='')}"
    with psycopg.connect(url, autocommit=True) as own:

        def query(text: str) -> list[tuple[object, ...]]:
            cursor = own.execute(text)
            return cursor.fetchall() if cursor.description else []

        yield Place(
            address=PostgresAddress(url=url),
            query=query,
            lock=lambda: own.execute("SELECT pg_advisory_lock(%s)", [LOCK]),
        )


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    found = request.getfixturevalue(f"{request.param}_place")
    assert isinstance(found, Place)
    return found


def test_up_applies_all_and_a_second_up_nothing(place: Place) -> None:
    assert place.up(*SERIES) == [1, 20260424093015]
    assert place.query("SELECT name FROM users") == [("100%; --",)]

    assert place.up(*SERIES) == []
    assert place.history() == [(1, State.APPLIED), (20260424093015, State.APPLIED)]


def test_the_row_remembers_name_checksum_and_when(place: Place) -> None:
    place.up(*SERIES, to=1)

    assert place.query("SELECT version, name, checksum, state FROM schema_migrations") == [
        (1, "m", SERIES[0].up.checksum, "applied")
    ]
    ((when,),) = place.query("SELECT applied_at FROM schema_migrations")
    assert str(when).startswith("20")


def test_up_stops_at_the_wanted_version(place: Place) -> None:
    assert place.up(*SERIES, to=1) == [1]
    assert place.up(*SERIES, to=1) == []
    with pytest.raises(UsageError, match="--to 2: the folder holds no such version"):
        place.up(*SERIES, to=2)


def test_down_takes_back_the_newest_first(place: Place) -> None:
    place.up(*SERIES)

    assert place.down(*SERIES) == [20260424093015]
    assert place.query("SELECT * FROM users") == []
    assert place.history() == [(1, State.APPLIED)]
    assert place.up(*SERIES) == [20260424093015]
    assert place.down(*SERIES, steps=2) == [20260424093015, 1]
    assert place.history() == []


def test_down_of_more_than_was_applied_does_nothing(place: Place) -> None:
    place.up(*SERIES)

    with pytest.raises(UsageError, match="--steps 3: 2 applied"):
        place.down(*SERIES, steps=3)

    assert len(place.history()) == 2


def test_looking_at_the_history_changes_nothing(place: Place) -> None:
    assert place.history() == []
    with pytest.raises(Exception, match="schema_migrations"):
        place.query("SELECT * FROM schema_migrations")


@pytest.mark.parametrize("failing", ["SELEC 1;", "INSERT INTO users VALUES (1, NULL);"])
def test_a_failing_file_leaves_nothing_behind(place: Place, failing: str) -> None:
    bad = migration(2, f"CREATE TABLE half (a INTEGER);\n\n{failing}\nCREATE TABLE more (a TEXT);")

    with pytest.raises(ScriptError, match=r"^2_m\.up\.sql.*; nothing of it was kept$"):
        place.up(SERIES[0], bad)

    assert place.history() == [(1, State.APPLIED)]
    with pytest.raises(Exception, match="half"):
        place.query("SELECT * FROM half")
    assert place.up(SERIES[0], migration(2, "CREATE TABLE half (a INTEGER);")) == [2]


def test_a_refused_statement_comes_with_its_line(place: Place) -> None:
    with pytest.raises(ScriptError, match=r"^1_m\.up\.sql:3: .*SELEC"):
        place.up(migration(1, "CREATE TABLE a (b TEXT);\n\nSELEC 1;"))


def test_a_failing_down_keeps_the_version(place: Place) -> None:
    series = (migration(1, USERS, "DROP TABLE users; DROP TABLE absent;"),)
    place.up(*series)

    with pytest.raises(ScriptError, match="absent"):
        place.down(*series)

    assert place.history() == [(1, State.APPLIED)]
    assert place.query("SELECT * FROM users") == []


def test_a_changed_file_stops_the_run_before_it_changes_anything(place: Place) -> None:
    place.up(SERIES[0])

    with pytest.raises(HistoryError, match="its up file changed after it was applied"):
        place.up(migration(1, USERS + " "), SERIES[1])
    with pytest.raises(HistoryError, match="its up file changed after it was applied"):
        place.down(migration(1, USERS + " "))

    assert place.history() == [(1, State.APPLIED)]


def test_a_dirty_version_is_refused_until_a_person_clears_it(place: Place) -> None:
    bad = migration(2, f"{OUTSIDE}SELEC 1;", "DROP TABLE IF EXISTS users;")
    with pytest.raises(ScriptError):
        place.up(SERIES[0], bad)
    assert place.history() == [(1, State.APPLIED), (2, State.APPLYING)]

    with pytest.raises(DirtyError) as raised:
        place.up(SERIES[0], bad)
    with pytest.raises(DirtyError):
        place.down(SERIES[0], bad)

    _, _, undo = raised.value.faults[0].remedy.rpartition("run: ")
    place.query(undo)
    assert place.up(SERIES[0], migration(2, "CREATE TABLE b (c TEXT);")) == [2]


def test_what_can_not_be_in_a_transaction_says_how_to_leave_it(place: Place) -> None:
    with pytest.raises(ScriptError) as raised:
        place.up(migration(1, "VACUUM;"))

    assert raised.value.remedy.endswith("begins: -- workflow-migrate: no-transaction")
    assert place.history() == []


def test_a_file_without_transaction_runs_and_is_remembered(place: Place) -> None:
    series = (migration(1, f"{OUTSIDE}VACUUM;", f"{OUTSIDE}VACUUM;"),)

    assert place.up(*series) == [1]
    assert place.history() == [(1, State.APPLIED)]
    assert place.down(*series) == [1]
    assert place.history() == []


@pytest.mark.parametrize("ending", ["COMMIT;", "COMMIT; BEGIN;", "ROLLBACK;", "ROLLBACK; BEGIN;"])
def test_a_file_that_ends_its_transaction_never_looks_done(place: Place, ending: str) -> None:
    sneaky = migration(1, f"CREATE TABLE a (b TEXT); {ending} CREATE TABLE c (d TEXT);")

    with pytest.raises(ScriptError) as raised:
        place.up(sneaky)

    assert raised.value.remedy.startswith("take BEGIN, COMMIT and ROLLBACK out")
    # SQLite refuses the statement; PostgreSQL has done it by the time anyone can tell.
    refused = isinstance(place.address, SqliteAddress)
    assert place.history() == ([] if refused else [(1, State.APPLYING)])
    if refused:
        assert place.query("SELECT name FROM sqlite_master") == []


def test_a_file_that_changes_its_own_row_is_undone(place: Place) -> None:
    with pytest.raises(ScriptError, match="it changed its own row of schema_migrations"):
        place.up(migration(1, "CREATE TABLE a (b TEXT); DELETE FROM schema_migrations;"))

    assert place.history() == []


def test_a_file_that_drops_the_table_is_undone(place: Place) -> None:
    with pytest.raises(ConnectError, match="schema_migrations"):
        place.up(SERIES[0], migration(2, "DROP TABLE schema_migrations;"))

    assert place.history() == [(1, State.APPLIED)]


def test_a_table_of_another_tool_is_left_alone(place: Place) -> None:
    place.query("CREATE TABLE schema_migrations (version BIGINT, dirty BOOLEAN)")

    with pytest.raises(HistoryError, match="was made by another tool"):
        place.up(*SERIES)

    assert place.query("SELECT * FROM schema_migrations") == []


def test_a_run_waits_for_the_lock_and_then_says_so(place: Place) -> None:
    place.lock()

    with place.open(patience=0.05) as database, pytest.raises(BusyError, match="another"):
        list(runner.up(database, SERIES))


def test_two_runs_at_once_apply_each_migration_once(place: Place) -> None:
    series = tuple(
        migration(n, f"CREATE TABLE t{n} (a TEXT);", f"DROP TABLE t{n};") for n in range(1, 13)
    )
    done: list[list[int]] = []
    threads = [threading.Thread(target=lambda: done.append(place.up(*series))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(version for versions in done for version in versions) == list(range(1, 13))
    assert len(done) == 3


def test_a_run_that_was_overtaken_stops(place: Place) -> None:
    place.up(*SERIES)
    with place.open() as database:
        going = runner.down(database, SERIES, steps=2)
        next(going)
        place.up(*SERIES)
        with pytest.raises(HistoryError, match="another run changed the database meanwhile"):
            next(going)


def test_a_name_can_not_be_sql(place: Place) -> None:
    odd = Migration(version=1, name="'; DROP", up=SERIES[0].up, down=SERIES[0].down)

    assert place.up(odd) == [1]
    with place.open() as database:
        assert database.history() == (
            Entry(version=1, name="'; DROP", checksum=odd.up.checksum, state=State.APPLIED),
        )


def test_a_file_left_open_without_transaction_is_dirty(sqlite_place: Place) -> None:
    with pytest.raises(ScriptError, match="it left a transaction open"):
        sqlite_place.up(migration(1, f"{OUTSIDE}BEGIN; CREATE TABLE a (b TEXT);"))

    assert sqlite_place.history() == [(1, State.APPLYING)]


def test_a_constraint_that_fails_at_the_end_leaves_nothing(place: Place) -> None:
    deferred = migration(
        1,
        "CREATE TABLE a (id INTEGER PRIMARY KEY);"
        "CREATE TABLE b (a INTEGER REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO b VALUES (7);",
    )
    if isinstance(place.address, SqliteAddress):
        with place.open() as database:
            connection = getattr(database, "connection")  # noqa: B009
            connection.execute("PRAGMA foreign_keys = on")
            with pytest.raises(ScriptError, match="can't be committed: FOREIGN KEY"):
                list(runner.up(database, (deferred,)))
    else:
        with pytest.raises(ScriptError, match="violates foreign key constraint"):
            place.up(deferred)

    assert place.history() == []


def test_sqlite_files_are_made_by_up_only(tmp_path: Path) -> None:
    address = SqliteAddress(path=tmp_path / "absent.db")

    with pytest.raises(ConnectError, match="can't be opened"):
        connect(address, create=False, patience=1)

    assert not address.path.exists()


def test_a_file_that_is_no_sqlite_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 100)

    with pytest.raises(ConnectError, match="file is not a database"):
        connect(SqliteAddress(path=path), create=True, patience=1)

    assert path.read_text() == "Dear reader, " * 100


def test_settings_of_a_postgres_file_do_not_outlive_it(postgres_place: Place) -> None:
    postgres_place.query("CREATE ROLE weak" + uuid4().hex)
    series = (
        migration(1, "CREATE SCHEMA aside; SET search_path = ''; SET ROLE pg_monitor;"),
        migration(2, "CREATE TABLE here (a text);"),
    )

    assert postgres_place.up(*series) == [1, 2]
    assert postgres_place.query("SELECT * FROM public.here") == []


def test_two_schemas_of_one_postgres_database_have_a_history_each(postgres_place: Place) -> None:
    postgres_place.query('CREATE SCHEMA "odd "" name"')
    assert isinstance(postgres_place.address, PostgresAddress)
    option = quote('-csearch_path="odd\\ ""\\ name"', safe="")
    aside = Place(
        address=PostgresAddress(url=f"{postgres_place.address.url}&options={option}"),
        query=postgres_place.query,
        lock=postgres_place.lock,
    )

    assert postgres_place.up(SERIES[0]) == [1]
    assert aside.history() == []
    assert aside.up(SERIES[0]) == [1]


def test_a_search_path_without_a_schema_is_refused(postgres_place: Place) -> None:
    assert isinstance(postgres_place.address, PostgresAddress)
    url = f"{postgres_place.address.url}&options=-csearch_path%3Dabsent"

    with pytest.raises(ConnectError, match="no schema of the search path exists"):
        connect(PostgresAddress(url=url), create=True, patience=1)


def test_copy_from_a_terminal_is_refused_and_undone(postgres_place: Place) -> None:
    with pytest.raises(ScriptError):
        postgres_place.up(SERIES[0], migration(2, "COPY users FROM STDIN;"))

    assert postgres_place.history() == [(1, State.APPLIED)]


def test_a_lost_postgres_connection_is_told_and_nothing_kept(postgres_place: Place) -> None:
    with pytest.raises(ScriptError, match=r"terminating connection|closed"):
        postgres_place.up(SERIES[0], migration(2, "SELECT pg_terminate_backend(pg_backend_pid());"))

    assert postgres_place.history() == [(1, State.APPLIED)]


def test_an_unreachable_server_is_told_without_the_password() -> None:
    address = PostgresAddress(url="postgresql://user:hunter2@127.0.0.1:1/app?connect_timeout=2")

    with pytest.raises(ConnectError) as raised:
        connect(address, create=True, patience=1)

    assert raised.value.message.startswith("postgresql://127.0.0.1:1/app: ")
    assert "hunter2" not in raised.value.message
