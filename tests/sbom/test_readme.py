"""What the README says of commands and exit codes is what there is."""

from __future__ import annotations

import re
from pathlib import Path

from workflow_sbom import errors
from workflow_sbom.cli import COMMANDS
from workflow_sbom.errors import SbomError, UsageError
from workflow_sbom.terminal.commandline import Parser
from workflow_sbom.terminal.faults import INTERNAL_FAULT

README = (Path(errors.__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_every_command_has_a_row() -> None:
    rows = re.findall(r"^\| `([a-z]+)[^`]*` \|", README, re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)


def test_every_option_it_shows_exists() -> None:
    rows = re.findall(r"^\| `([a-z]+)[^`]*` \|(.*)", README, re.MULTILINE)
    lines = re.findall(r"^ +workflow-sbom ([a-z]+)([^#\n]*)", README, re.MULTILINE)
    shown = {
        (command, option)
        for command, text in [*rows, *lines]
        for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)
    }
    assert len(shown) > 3
    for command, option in shown:
        parser = Parser(command, "")
        COMMANDS[command].add_words(parser)
        assert f"{option} " in parser.format_help()


def test_every_exit_code_is_listed() -> None:
    table = README[README.index("**Exit codes**") : README.index("## A policy")]
    listed = {int(code) for code in re.findall(r"\| (\d+) \|", table)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    own = {kind.exit_code for kind in kinds if issubclass(kind, SbomError)}
    assert own | {UsageError.exit_code, INTERNAL_FAULT} <= listed
