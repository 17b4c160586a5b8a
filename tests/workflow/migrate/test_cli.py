from __future__ import annotations

import io
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from workflow_migrate import __version__
from workflow_migrate.cli import run
from workflow_migrate.host import Host

# Some minutes of work for SQLite, to be killed in.
SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "INSERT INTO a SELECT i FROM n LIMIT 2000000000;"
)
STOPPED = """\
error: stopped; what was in a transaction was undone
remedy: see workflow-migrate status
"""
OUTSIDE = "-- workflow-migrate: no-transaction\n"


def pair(folder: Path, name: str, up: str, down: str) -> None:
    (folder / f"{name}.up.sql").write_text(up)
    (folder / f"{name}.down.sql").write_text(down)


def call(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run(arguments, Host(environment=environment or {}, out=out, err=err))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """A folder of two pairs and the options that name it and a database."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    pair(folder, "0001_first", "CREATE TABLE a (b INTEGER);", "DROP TABLE a;")
    pair(folder, "0002_second", "CREATE TABLE c (d INTEGER);", "DROP TABLE c;")
    return [f"--source-dir={folder}", f"--dsn=sqlite:///{tmp_path}/app.db"]


def test_up_status_and_down(options: list[str], tmp_path: Path) -> None:
    database = f"{tmp_path}/app.db"
    assert call("up", *options, "--to", "1") == (
        0,
        "applied 1_first\n",
        f"{database}: at version 1, 1 pending\n",
    )
    assert call("status", *options) == (
        0,
        f"{database}\napplied  1_first\npending  2_second\ncurrent: 1  pending: 1  dirty: no\n",
        "",
    )
    assert call("up", *options)[1] == "applied 2_second\n"
    assert call("up", *options) == (
        0,
        "",
        f"{database}: at version 2, 0 pending; nothing to do\n",
    )
    assert call("down", *options, "--steps", "2") == (
        0,
        "reverted 2_second\nreverted 1_first\n",
        f"{database}: at no version, 2 pending\n",
    )


def test_status_for_programs(options: list[str], tmp_path: Path) -> None:
    call("up", *options, "--to", "1")

    code, out, _ = call("status", "--json", *options)

    assert code == 0
    assert json.loads(out) == {
        "database": f"{tmp_path}/app.db",
        "current": 1,
        "dirty": False,
        "pending": 1,
        "migrations": [
            {"version": 1, "name": "first", "state": "applied"},
            {"version": 2, "name": "second", "state": "pending"},
        ],
        "faults": [],
    }


def test_status_shows_what_is_there_before_it_fails(options: list[str], tmp_path: Path) -> None:
    call("up", *options)
    (tmp_path / "migrations" / "0001_first.up.sql").write_text("CREATE TABLE a (b TEXT);")

    code, out, err = call("status", "--json", *options)

    assert code == 6
    assert json.loads(out)["faults"] == [
        {
            "where": "1_first",
            "message": "its up file changed after it was applied",
            "remedy": "restore the file and put the change in a new migration",
        }
    ]
    assert err == (
        "error: 1_first: its up file changed after it was applied "
        "(restore the file and put the change in a new migration)\n"
    )


def test_status_makes_no_database(options: list[str], tmp_path: Path) -> None:
    code, out, err = call("status", *options)

    assert (code, out) == (5, "")
    assert err.startswith(f"error: {tmp_path}/app.db: it can't be opened")
    assert not (tmp_path / "app.db").exists()


def test_the_database_can_come_from_the_environment(options: list[str]) -> None:
    source, dsn = options
    environment = {"DATABASE_URL": dsn.removeprefix("--dsn=")}

    assert call("up", source, environment=environment)[0] == 0
    assert call("up", source) == (
        2,
        "",
        "error: no database was named\nremedy: --dsn URL, or DATABASE_URL in the environment\n",
    )


def test_an_option_decides_over_the_environment(options: list[str]) -> None:
    assert call("up", *options, environment={"DATABASE_URL": "nonsense"})[0] == 0


def test_faults_of_the_folder_are_lines_and_nothing_runs(
    options: list[str], tmp_path: Path
) -> None:
    (tmp_path / "migrations" / "4_x\x1b[2J.up.sql").write_text("")
    (tmp_path / "migrations" / "5_y.up.sql").write_text("SELECT 1;")

    code, out, err = call("up", *options)

    assert (code, out) == (3, "")
    assert err.splitlines() == [
        (
            "error: 4_x\\x1b[2J.up.sql: the name is no migration's "
            "(<digits>_<name>.up.sql or .down.sql, at most 15 digits)"
        ),
        "error: 5: the series has a gap: 3 to 4 between 2 and 5 (add what is missing or renumber)",
        "error: 5_y.up.sql: its other half, 5_y.down.sql, is missing (every migration is a pair)",
    ]
    assert not (tmp_path / "app.db").exists()


def test_what_was_done_before_a_failure_is_printed(options: list[str], tmp_path: Path) -> None:
    pair(tmp_path / "migrations", "0003_bad", "SELEC 1;", "SELECT 1;")

    code, out, err = call("up", *options)

    assert code == 9
    assert out == "applied 1_first\napplied 2_second\n"
    assert err == (
        'error: 0003_bad.up.sql:1: near "SELEC": syntax error; nothing of it was kept\n'
        "remedy: mend the file, then run again\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("sideways",),
        ("up",),
        ("up", "--source-dir", ".", "--to", "-1"),
        ("up", "--source-dir", ".", "--to", "1e3"),
        ("down", "--source-dir", ".", "--steps", "0"),
        ("down", "--source-dir", ".", "--steps", "²"),
        ("up", "--source-dir", ".", "--lock-timeout", "inf"),
        ("status", "--source-dir", ".", "--to", "1"),
    ],
)
def test_a_wrong_command_line_is_two(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        call(*arguments)

    assert raised.value.code == 2
    assert "usage: workflow-migrate" in capsys.readouterr().err


def test_the_version_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workflow_migrate", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == (f"workflow-migrate {__version__}\n", "")


def test_the_driver_of_postgresql_is_loaded_for_postgresql_only(options: list[str]) -> None:
    program = (
        "import sys; from workflow_migrate.cli import run; from workflow_migrate.host import Host; "
        "code = run(sys.argv[1:], Host.detect()); "
        "sys.exit(code or sorted(m for m in sys.modules if m.startswith('psycopg')) != [])"
    )

    subprocess.run([sys.executable, "-c", program, "up", *options], check=True)


def holds_a_transaction(database: Path) -> bool:
    """SQLite keeps its journal as long as a transaction that wrote is open."""
    return database.with_name(f"{database.name}-journal").exists()


def holds_a_dirty_row(database: Path) -> bool:
    with closing(sqlite3.connect(database, timeout=30)) as looking:
        rows = looking.execute("SELECT state FROM schema_migrations WHERE version = 3").fetchall()
    return rows == [("applying",)]


def wait_until(condition: Callable[[Path], bool], database: Path) -> None:
    for _ in range(3000):
        if condition(database):
            return
        time.sleep(0.01)
    pytest.fail("the third migration never began")


def kill_while_it_runs(
    options: list[str], number: signal.Signals, condition: Callable[[Path], bool]
) -> tuple[int, str]:
    """Exit code and standard error of a run that was sent a signal in the third migration."""
    with subprocess.Popen(
        [sys.executable, "-m", "workflow_migrate", "up", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "applied 1_first\n"
        assert process.stdout.readline() == "applied 2_second\n"
        wait_until(condition, Path(options[1].removeprefix("--dsn=sqlite:///")))
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    return process.returncode, err


def test_a_kill_inside_a_transaction_leaves_the_old_state(
    options: list[str], tmp_path: Path
) -> None:
    pair(tmp_path / "migrations", "0003_slow", f"CREATE TABLE e (f);{SLOW}", "DROP TABLE e;")

    assert kill_while_it_runs(options, signal.SIGKILL, holds_a_transaction) == (-signal.SIGKILL, "")

    code, out, _ = call("status", *options)
    assert code == 0
    assert out.endswith("pending  3_slow\ncurrent: 2  pending: 1  dirty: no\n")
    with closing(sqlite3.connect(tmp_path / "app.db")) as database:
        assert database.execute("SELECT name FROM sqlite_master WHERE name = 'e'").fetchall() == []
        assert database.execute("SELECT count(*) FROM a").fetchone() == (0,)


def test_a_kill_outside_a_transaction_leaves_a_dirty_version(
    options: list[str], tmp_path: Path
) -> None:
    up = f"{OUTSIDE}CREATE TABLE e (f);{SLOW}"
    pair(tmp_path / "migrations", "0003_slow", up, "DROP TABLE e;")

    assert kill_while_it_runs(options, signal.SIGKILL, holds_a_dirty_row) == (-signal.SIGKILL, "")

    code, out, err = call("status", *options)
    assert code == 7
    assert out.endswith("dirty    3_slow\ncurrent: 3  pending: 0  dirty: yes\n")
    assert "error: 3_slow: its up file was begun and not finished" in err
    assert call("up", *options)[0] == 7


def test_an_interrupt_stops_a_long_statement_without_a_traceback(
    options: list[str], tmp_path: Path
) -> None:
    pair(tmp_path / "migrations", "0003_slow", f"CREATE TABLE e (f);{SLOW}", "DROP TABLE e;")

    assert kill_while_it_runs(options, signal.SIGINT, holds_a_transaction) == (
        130,
        STOPPED,
    )
    assert call("status", *options)[1].endswith("current: 2  pending: 1  dirty: no\n")
