"""A command line: words to one request. What every start needs, and no more, is imported here.

Only the words of the command that is asked for are learnt; each command is a module of its own,
imported when it is run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Never

from workflow_sbom.errors import UsageError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are `UsageError`s with a did-you-mean; options are written in full."""

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(prog=prog, description=description, epilog=epilog, allow_abbrev=False)

    def error(self, message: str) -> Never:
        """Raise instead of exiting."""
        from workflow_sbom.terminal.suggestions import suggested

        raise UsageError(
            f"{self.prog}: {suggested(message, self.format_usage())}", remedy=f"{self.prog} --help"
        )


class Command(NamedTuple):
    """A command: what it does in a sentence, and what adds its words to a parser.

    One that `passes_on` hands the words after `--` to another program; they are `asked.rest`.
    """

    help: str
    add_words: Callable[[Parser], None]
    passes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """A program with its commands; `package` has a module `run(asked, shell)` for each."""

    program: str
    version: str
    description: str
    epilog: str
    package: str
    commands: Mapping[str, Command]

    def whole_parser(self) -> Parser:
        """Every word: for the help, for completion, and for words that name no command."""
        top = Parser(self.program, self.description, self.epilog)
        top.add_argument("--version", action="version", version=f"{self.program} {self.version}")
        commands = top.add_subparsers(dest="command", metavar="command", required=True)
        for name, command in self.commands.items():
            command.add_words(
                commands.add_parser(
                    name,
                    help=command.help,
                    prog=f"{self.program} {name}",
                    description=f"{command.help}.",
                )
            )
        return top

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """What is asked for; raises `UsageError`, and `SystemExit` once help is printed."""
        name = words[0] if words else ""
        command = self.commands.get(name)
        if command is None:
            return self.whole_parser().parse_args(words)
        one = Parser(f"{self.program} {name}", f"{command.help}.")
        command.add_words(one)
        own, asked = list(words[1:]), argparse.Namespace(command=name)
        if command.passes_on:
            at = own.index("--") if "--" in own else None
            asked.rest = None if at is None else tuple(own[at + 1 :])
            own = own[:at]
        return one.parse_args(own, asked)
