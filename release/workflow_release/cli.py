"""The command line: words to one request, one command, one place that catches errors.

Only what every start needs is imported here; each command imports its own part of the toolkit, and
only the words of the command asked for are learnt.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Never

from workflow_release import __version__
from workflow_release.errors import UsageError

if TYPE_CHECKING:
    from workflow_release.machine.host import Host
    from workflow_release.machine.run import Run
    from workflow_sbom.terminal.console import Console

FORMATS = ("semver", "pep440", "oci", "npm", "deb", "file")
DESCRIPTION = "Make, record, sign, publish and verify releases of any repository."
EPILOG = "first steps: workflow-release plan, then workflow-release cut --verify"
PROGRAM = "workflow-release"
BROKEN_PIPE = 141  # as a shell reports a process that SIGPIPE ended


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
    """A command: what it does in a sentence, and what adds its words to a parser."""

    help: str
    add_words: Callable[[Parser], None]


def _version(words: Parser) -> None:
    _reading(words)
    words.add_argument("--format", choices=FORMATS, default="semver", help="how to write it")


def _completion(words: Parser) -> None:
    _where(words)
    words.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _build(words: Parser) -> None:
    _making(words)
    words.add_argument(
        "--only", action="append", default=[], metavar="NAME",
        help="an artifact by id, name or kind; may be repeated",
    )  # fmt: skip
    words.add_argument(
        "--output", type=Path, metavar="DIR", help="where files go; default: dist/build"
    )


def _cut(words: Parser) -> None:
    _making(words)
    words.add_argument("--dry-run", action="store_true", help="show the plan and stop before work")
    words.add_argument("--tag", metavar="TAG", help="refuse unless this tag names the version")
    words.add_argument(
        "--signer", metavar="URI", help="local: or file:<PEM>; default: release.toml"
    )
    words.add_argument("--verify", action="store_true", help="verify what was published, as a user")


def _verify(words: Parser) -> None:
    _reading(words)
    words.add_argument("folders", type=Path, nargs="*", metavar="DIR", help="release folders")
    words.add_argument(
        "--key", type=Path, action="append", default=[], metavar="PEM",
        help="public key of an expected signer; default: the user's trust store",
    )  # fmt: skip
    words.add_argument("--repository", metavar="URL", help="the repository it must come from")
    words.add_argument("--version", metavar="V", help="the version it must be")


def _trust(words: Parser) -> None:
    _reading(words)
    words.add_argument("action", choices=("list", "add", "remove", "export"))
    words.add_argument("value", nargs="?", help="add: a PEM file; remove: a fingerprint")
    words.add_argument("--repository", metavar="URL", help="add: trust it for this one only")


def _where(words: Parser) -> None:
    words.add_argument(
        "-C", "--repository-path", type=Path, default=Path(), metavar="DIR",
        help="the checkout; default: the current folder",
    )  # fmt: skip


def _reading(words: Parser) -> None:
    _where(words)
    words.add_argument("--json", action="store_true", help="print the result as JSON")


def _making(words: Parser) -> None:
    _reading(words)
    words.add_argument("--mirror", metavar="URL", help="Debian mirror for images")
    words.add_argument("--security-mirror", metavar="URL", help="its security archive")


COMMANDS = {
    "version": Command("Print the version of this commit", _version),
    "changelog": Command("Print what changed since the last stable release, as Markdown", _reading),
    "plan": Command("Show what would be made and where it would go; change nothing", _reading),
    "schema": Command("Print the JSON Schema of release.toml", _where),
    "completion": Command("Print a completion script", _completion),
    "build": Command("Build artifacts, all or some, without signing them", _build),
    "sbom": Command("Write the SBOM of every artifact, all or some", _build),
    "cut": Command("Make the release of this commit: build, attest, judge, publish", _cut),
    "verify": Command("Check a release folder against an expected key", _verify),
    "trust": Command("Show or change whose signatures are trusted", _trust),
}


def whole_parser() -> Parser:
    """The whole command line: for its help, its completion, and words that name no command."""
    top = Parser(PROGRAM, DESCRIPTION, EPILOG)
    top.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = top.add_subparsers(dest="command", metavar="command", required=True)
    for name, command in COMMANDS.items():
        command.add_words(
            commands.add_parser(
                name, help=command.help, prog=f"{PROGRAM} {name}", description=f"{command.help}."
            )
        )
    return top


def parse(words: Sequence[str]) -> argparse.Namespace:
    """What is asked for; raises `UsageError`, and `SystemExit` once help or version is printed."""
    name = words[0] if words else ""
    command = COMMANDS.get(name)
    if command is None:
        return whole_parser().parse_args(words)
    one = Parser(f"{PROGRAM} {name}", f"{command.help}.")
    command.add_words(one)
    return one.parse_args(words[1:], argparse.Namespace(command=name))


def run_command(words: Sequence[str]) -> int:
    """Run one command line; returns its exit code. A user never sees a traceback."""
    from workflow_release.machine.host import Host
    from workflow_sbom.terminal.console import Console

    host = Host.detect()
    console = Console.of(host.environment)
    try:
        code = _answer(words, console, host)
        console.flush()
    except BrokenPipeError:
        console.abandon()
        return BROKEN_PIPE
    return code


def _answer(words: Sequence[str], console: Console, host: Host) -> int:
    from workflow_release.machine.interruption import Interruption
    from workflow_release.machine.run import run

    interruption = Interruption()
    try:
        with interruption.heeded():
            return _dispatch(words, console, host, interruption.guard(run))
    except KeyboardInterrupt:
        console.say("interrupted; nothing half-made was left, run it again to finish")
        return interruption.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one net below every command
        from workflow_sbom.terminal.faults import Program, tell

        program = Program(name=PROGRAM, version=__version__, logs=host.cache / "logs")
        return tell(error, console, program)


def _dispatch(words: Sequence[str], console: Console, host: Host, run: Run) -> int:
    try:
        asked = parse(words)
    except SystemExit:  # help or version was asked for, and is printed
        return 0
    from importlib import import_module

    from workflow_release.commands.interface import Shell

    module = import_module(f"workflow_release.commands.{asked.command}")
    return int(module.run(asked, Shell(console=console, host=host, run=run)))
