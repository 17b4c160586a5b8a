"""The command line: options become one value, one place catches errors."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_migrate import __version__, report, runner, source
from workflow_migrate.address import Address, parse
from workflow_migrate.databases import connect
from workflow_migrate.databases.interface import Database
from workflow_migrate.errors import MigrateError, UsageError
from workflow_migrate.history import Comparison
from workflow_migrate.host import Host
from workflow_migrate.migration import Direction, Migration, Step

ADDRESS_VARIABLE = "DATABASE_URL"
INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for."""

    command: str
    source_dir: Path
    address: Address
    patience: float
    to: int | None
    steps: int
    json: bool


def run(arguments: Sequence[str], host: Host) -> int:
    """Do what the arguments ask; the exit code, as `errors` lists them."""
    try:
        return _dispatch(_options(arguments, host), host)
    except MigrateError as error:
        _explain(error, host)
        return error.exit_code
    except KeyboardInterrupt:
        host.say("error: stopped; what was in a transaction was undone")
        host.say("remedy: see workflow-migrate status")
        return INTERRUPTED


def _explain(error: MigrateError, host: Host) -> None:
    for line in error.message.splitlines():
        host.say(f"error: {line}")
    if error.remedy:
        host.say(f"remedy: {error.remedy}")


def _dispatch(options: Options, host: Host) -> int:
    migrations = source.read(options.source_dir)
    create = options.command == "up"
    database = connect(options.address, create=create, patience=options.patience)
    try:
        if options.command == "status":
            return _status(database, migrations, options, host)
        return _change(database, migrations, options, host)
    finally:
        database.close()


def _status(
    database: Database, migrations: Sequence[Migration], options: Options, host: Host
) -> int:
    compared = runner.compare(database, migrations)
    render = report.document if options.json else report.table
    host.result(render(database.name, compared))
    compared.check()
    return 0


def _change(
    database: Database, migrations: Sequence[Migration], options: Options, host: Host
) -> int:
    if options.command == "up":
        steps = runner.up(database, migrations, to=options.to)
    else:
        steps = runner.down(database, migrations, steps=options.steps)
    done = 0
    for step in steps:
        host.result(_line(step))
        done += 1
    compared = runner.compare(database, migrations)
    host.say(f"{database.name}: {_summary(done, compared)}")
    return 0


def _line(step: Step) -> str:
    word = "applied" if step.direction is Direction.UP else "reverted"
    return f"{word} {step.migration}"


def _summary(done: int, compared: Comparison) -> str:
    at = "at no version" if compared.current is None else f"at version {compared.current}"
    return f"{at}, {len(compared.pending)} pending" + ("" if done else "; nothing to do")


def _options(arguments: Sequence[str], host: Host) -> Options:
    parsed = _parser().parse_args(arguments)
    text = parsed.dsn or host.environment.get(ADDRESS_VARIABLE, "")
    if not text:
        raise UsageError(
            "no database was named", remedy=f"--dsn URL, or {ADDRESS_VARIABLE} in the environment"
        )
    return Options(
        command=parsed.command,
        source_dir=parsed.source_dir,
        address=parse(text),
        patience=parsed.lock_timeout,
        to=getattr(parsed, "to", None),
        steps=getattr(parsed, "steps", 1),
        json=getattr(parsed, "json", False),
    )


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--source-dir",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder of <digits>_<name>.up.sql and .down.sql files",
    )
    shared.add_argument(
        "--dsn",
        metavar="URL",
        help=f"sqlite:///path or postgresql://…; else {ADDRESS_VARIABLE}, which other users of "
        "the machine can't read in a list of processes",
    )
    shared.add_argument(
        "--lock-timeout",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long to wait for another run (default: 60)",
    )
    parser = argparse.ArgumentParser(
        prog="workflow-migrate",
        description="Paired SQL migrations for SQLite and PostgreSQL.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"workflow-migrate {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", parents=[shared], help="apply what is pending")
    up.add_argument("--to", type=_count, metavar="V", help="no further than this version")
    down = commands.add_parser("down", parents=[shared], help="take back the newest")
    down.add_argument("--steps", type=_count, default=1, metavar="N", help="how many (default: 1)")
    status = commands.add_parser(
        "status", parents=[shared], help="show what is applied; changes nothing"
    )
    status.add_argument("--json", action="store_true", help="for programs")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive whole number")
    return int(text)


def _seconds(text: str) -> float:
    if not (text.isascii() and text.replace(".", "", 1).isdecimal()) or float(text) > 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, 0 to 86400")
    return float(text)
