"""The command line: words to one frozen request, one command, one place that catches errors.

Only what every start needs is imported here; each command imports its own part of the toolkit.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Never

from workflow_release import __version__
from workflow_release.errors import ReleaseError, UsageError

if TYPE_CHECKING:
    from workflow_release.console import Console
    from workflow_release.host import Host

FORMATS = ("semver", "pep440", "oci", "npm", "deb", "file")
DESCRIPTION = "Make, record, sign, publish and verify releases of any repository."
EPILOG = "first steps: workflow-release plan, then workflow-release cut --verify"
INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """A parser whose errors are `UsageError`s with a did-you-mean."""

    def error(self, message: str) -> Never:
        """Raise instead of exiting."""
        raise UsageError(f"{self.prog}: {_suggested(message)}", remedy=f"{self.prog} --help")


def _suggested(message: str) -> str:
    """Add the nearest choice to argparse's `invalid choice: 'x' (choose from a, b)`."""
    import difflib
    import re

    found = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
    if not found:
        return message
    choices = [choice.strip("' ") for choice in found[2].split(",")]
    near = difflib.get_close_matches(found[1], choices, n=1)
    said = f"no such choice: {found[1]!r}"
    return f"{said}; did you mean {near[0]!r}?" if near else f"{said}; one of {', '.join(choices)}"


def parser() -> Parser:
    """The whole command line."""
    top = Parser(prog="workflow-release", description=DESCRIPTION, epilog=EPILOG)
    top.add_argument("--version", action="version", version=f"workflow-release {__version__}")
    commands = top.add_subparsers(dest="command", metavar="command", required=True)

    def command(name: str, help_text: str, *, json: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_text, description=f"{help_text}.")
        made.add_argument(
            "-C", "--repository-path", type=Path, default=Path(), metavar="DIR",
            help="the checkout; default: the current folder",
        )  # fmt: skip
        if json:
            made.add_argument("--json", action="store_true", help="print the result as JSON")
        return made

    _add_reading_commands(command)
    _add_making_commands(command)
    _add_trusting_commands(command)
    return top


Command = Callable[..., argparse.ArgumentParser]


def _add_reading_commands(command: Command) -> None:
    version = command("version", "Print the version of this commit")
    version.add_argument("--format", choices=FORMATS, default="semver", help="how to write it")
    command("changelog", "Print what changed since the last stable release, as Markdown")
    command("plan", "Show what would be made and where it would go; change nothing")
    command("schema", "Print the JSON Schema of release.toml", json=False)
    completion = command("completion", "Print a completion script", json=False)
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _add_making_commands(command: Command) -> None:
    build = command("build", "Build artifacts, all or some, without signing them")
    _building(build)
    _selecting(build)
    sbom = command("sbom", "Write the SBOM of every artifact, all or some")
    _building(sbom)
    _selecting(sbom)
    cut = command("cut", "Make the release of this commit: build, attest, judge, publish")
    _building(cut)
    cut.add_argument("--dry-run", action="store_true", help="show the plan and stop before work")
    cut.add_argument("--tag", metavar="TAG", help="refuse unless this tag names the version")
    cut.add_argument("--signer", metavar="URI", help="local: or file:<PEM>; default: release.toml")
    cut.add_argument("--verify", action="store_true", help="verify what was published, as a user")


def _building(made: argparse.ArgumentParser) -> None:
    made.add_argument("--mirror", metavar="URL", help="Debian mirror for images")
    made.add_argument("--security-mirror", metavar="URL", help="its security archive")


def _selecting(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--only", action="append", default=[], metavar="NAME",
        help="an artifact by id, name or kind; may be repeated",
    )  # fmt: skip
    made.add_argument(
        "--output", type=Path, metavar="DIR", help="where files go; default: dist/build"
    )


def _add_trusting_commands(command: Command) -> None:
    verify = command("verify", "Check a release folder against an expected key")
    verify.add_argument("folders", type=Path, nargs="*", metavar="DIR", help="release folders")
    verify.add_argument(
        "--key", type=Path, action="append", default=[], metavar="PEM",
        help="public key of an expected signer; default: the user's trust store",
    )  # fmt: skip
    verify.add_argument("--repository", metavar="URL", help="the repository it must come from")
    verify.add_argument("--version", metavar="V", help="the version it must be")
    trust = command("trust", "Show or change whose signatures are trusted")
    trust.add_argument("action", choices=("list", "add", "remove", "export"))
    trust.add_argument("value", nargs="?", help="add: a PEM file; remove: a fingerprint")
    trust.add_argument("--repository", metavar="URL", help="add: trust it for this one only")


def run_command(words: Sequence[str]) -> int:
    """Run one command line; returns its exit code. Never shows a traceback for a known error."""
    from workflow_release.console import Console
    from workflow_release.host import Host

    host = Host.detect()
    console = Console.of(host.environment)
    try:
        return _dispatch(parser().parse_args(words), console, host)
    except ReleaseError as error:
        console.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        console.say("interrupted; nothing half-made was left, run it again to finish")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read standard output has gone; there is nobody left to tell.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        return 1


def _dispatch(asked: argparse.Namespace, console: Console, host: Host) -> int:
    from importlib import import_module

    from workflow_release.commands.interface import Shell
    from workflow_release.run import run

    module = import_module(f"workflow_release.commands.{asked.command}")
    return int(module.run(asked, Shell(console=console, host=host, run=run)))
