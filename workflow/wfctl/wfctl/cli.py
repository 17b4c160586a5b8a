"""The command line of `wfctl`, read into one value. Imports nothing of the engine's weight."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from wfctl import __version__
from workflow_engine import console


@dataclass(frozen=True, slots=True, kw_only=True)
class Validate:
    """Check files and say everything that is wrong with them."""

    files: tuple[Path, ...]
    env: str
    json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """Show what a file would start."""

    file: Path
    env: str
    json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Serve a file, or run one of its pipelines on an input (JSON text, `-` for standard input)."""

    file: Path
    env: str
    host: str | None
    pipeline: str | None
    input: str


Command: TypeAlias = Validate | Inspect | Run


def options(arguments: Sequence[str] | None) -> Command:
    """What the arguments ask for; raises `UsageError`."""
    given = vars(_parser().parse_args(arguments))
    match given.pop("command"):
        case "validate":
            return Validate(**{**given, "files": tuple(given["files"])})
        case "inspect":
            return Inspect(**given)
        case _:
            return _run(given)


def _run(given: dict[str, object]) -> Run:
    from workflow_engine.errors import UsageError

    command = Run(**given)  # type: ignore[arg-type] # argparse has just made them
    if command.input and command.pipeline is None:
        raise UsageError("--input is for one pipeline", remedy="name it with --pipeline")
    return command


def _parser() -> argparse.ArgumentParser:
    parser = console.Parser(prog="wfctl", description="Work with workflow configurations.")
    parser.add_argument("--version", action="version", version=f"wfctl {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    validate = commands.add_parser("validate", help="say everything that is wrong with files")
    validate.add_argument("files", nargs="+", type=Path, metavar="FILE")
    inspect = commands.add_parser("inspect", help="show modules, routes and pipelines of a file")
    run = commands.add_parser("run", help="serve a file, or run one of its pipelines")
    for command in (inspect, run):
        command.add_argument("file", type=Path, metavar="FILE")
    for command in (validate, inspect, run):
        command.add_argument("--env", default="", help="environment to resolve modules for")
    for command in (validate, inspect):
        command.add_argument("--json", action="store_true", help="print JSON")
    run.add_argument("--host", help="listen here, whatever host the addresses say")
    run.add_argument("--pipeline", metavar="NAME", help="run this pipeline once, print its result")
    run.add_argument("--input", default="", metavar="JSON", help="its input; - reads it")
    return parser
