"""Down undoes up: whatever was applied and taken back leaves the schema as it was."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from workflow_migrate import runner
from workflow_migrate.databases.sqlite import SqliteDatabase, statements
from workflow_migrate.migration import Migration, Script

# A change of a schema and what takes it back; {n} is the migration's own number.
PAIRS = (
    ("CREATE TABLE t{n} (a INTEGER PRIMARY KEY, b TEXT);", "DROP TABLE t{n};"),
    ("CREATE INDEX i{n} ON base (a);", "DROP INDEX i{n};"),
    ("CREATE VIEW v{n} AS SELECT 'x;y' AS c{n} FROM base;", "DROP VIEW v{n};"),
    ("ALTER TABLE base ADD COLUMN c{n} TEXT DEFAULT ';';", "ALTER TABLE base DROP COLUMN c{n};"),
    ("INSERT INTO base (a) VALUES ({n});", "DELETE FROM base WHERE a = {n};"),
    (
        "CREATE TRIGGER g{n} AFTER INSERT ON base BEGIN SELECT 1; SELECT 2; END;",
        "DROP TRIGGER g{n};",
    ),
)
BASE = Migration(
    version=1,
    name="base",
    up=Script(file="1_base.up.sql", text="CREATE TABLE base (a INTEGER);", transaction=True),
    down=Script(file="1_base.down.sql", text="DROP TABLE base;", transaction=True),
)


@st.composite
def series(draw: st.DrawFn) -> tuple[Migration, ...]:
    chosen = draw(st.lists(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=3), max_size=6))
    return (BASE, *(_migration(n, changes) for n, changes in enumerate(chosen, start=2)))


def _migration(version: int, changes: list[tuple[str, str]]) -> Migration:
    numbered = [(version * 10 + at, pair) for at, pair in enumerate(changes)]
    up = "\n".join(each.format(n=n) for n, (each, _) in numbered)
    down = "\n".join(each.format(n=n) for n, (_, each) in reversed(numbered))
    return Migration(
        version=version,
        name="m",
        up=Script(file=f"{version}_m.up.sql", text=up, transaction=True),
        down=Script(file=f"{version}_m.down.sql", text=down, transaction=True),
    )


@contextmanager
def fresh() -> Iterator[SqliteDatabase]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with closing(connection):
        yield SqliteDatabase(name="memory", connection=connection)


def state(database: SqliteDatabase) -> list[object]:
    """The whole schema, the rows, and the history without its times."""
    schema = database.connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name")
    found: list[object] = [row for row in schema if row[1] != "schema_migrations"]
    if any(isinstance(row, tuple) and row[1] == "base" for row in found):
        found += database.connection.execute("SELECT * FROM base ORDER BY a").fetchall()
    return [*found, *database.history()]


@given(series())
def test_down_undoes_up(migrations: tuple[Migration, ...]) -> None:
    with fresh() as database:
        list(runner.up(database, migrations))
        list(runner.down(database, migrations, steps=len(migrations)))

        assert state(database) == []


@given(series(), st.data())
def test_all_the_way_and_back_is_where_one_went_directly(
    migrations: tuple[Migration, ...], data: st.DataObject
) -> None:
    stop = data.draw(st.integers(min_value=1, max_value=len(migrations)))
    with fresh() as direct, fresh() as roundabout:
        list(runner.up(direct, migrations, to=stop))
        list(runner.up(roundabout, migrations))
        list(runner.down(roundabout, migrations, steps=len(migrations) - stop))

        assert state(direct) == state(roundabout)


@given(series())
def test_up_twice_is_up_once(migrations: tuple[Migration, ...]) -> None:
    with fresh() as database:
        list(runner.up(database, migrations))
        once = state(database)

        assert list(runner.up(database, migrations)) == []
        assert state(database) == once


@given(st.text(alphabet="aB1 ;'\"`[]-/*\n()", max_size=60))
def test_splitting_loses_nothing_but_space_between_statements(text: str) -> None:
    found = list(statements(text))

    assert all(text[offset:].startswith(statement) for offset, statement in found)
    assert "".join("".join(each for _, each in found).split()) == "".join(text.split())


def test_a_folder_written_and_read_back_is_the_same_series() -> None:
    from workflow_migrate import source

    with tempfile.TemporaryDirectory() as name:
        for script in (BASE.up, BASE.down):
            Path(name, script.file).write_text(script.text)

        assert source.read(Path(name)) == (BASE,)
