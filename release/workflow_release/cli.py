"""The command line: words to one request, one command, one place that catches errors.

Only what every start needs is imported here; each command imports its own part of the toolkit, and
only the words of the command asked for are learnt.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_release import __version__
from workflow_sbom.terminal.commandline import Command, CommandLine, Parser

if TYPE_CHECKING:
    from workflow_sbom.machine.interruption import Interruption

FORMATS = ("semver", "pep440", "oci", "npm", "deb", "file")


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
    words.add_argument(
        "--osv", type=Path, metavar="PATH",
        help="known vulnerabilities for the policy: a folder or zip of OSV records",
    )  # fmt: skip
    words.add_argument("--publish", action="store_true", help="send it to its registries, too")


def _publish(words: Parser) -> None:
    _verify(words)
    words.add_argument("--dry-run", action="store_true", help="verify, and tell where it would go")


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
    words.add_argument("value", nargs="?", help="add: a PEM file; remove, export: a fingerprint")
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
    "publish": Command("Send a release that was made elsewhere to its registries", _publish),
    "verify": Command("Check a release folder against an expected key", _verify),
    "trust": Command("Show or change whose signatures are trusted", _trust),
}


LINE = CommandLine(
    program="workflow-release",
    version=__version__,
    description="Make, record, sign, publish and verify releases of any repository.",
    epilog="first steps: workflow-release plan, then workflow-release cut --verify",
    package="workflow_release.commands",
    commands=COMMANDS,
)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """What is asked for; see `CommandLine.parse`."""
    return LINE.parse(words)


def run_command(words: Sequence[str]) -> int:
    """Run one command line; returns its exit code. A user never sees a traceback."""
    from workflow_release.machine.host import Host
    from workflow_sbom.terminal.console import Console
    from workflow_sbom.terminal.session import conduct

    host = Host.detect()
    console = Console.of(host.environment)

    def work(interruption: Interruption) -> int:
        asked = parse(words)
        from importlib import import_module

        from workflow_release.commands.interface import Shell
        from workflow_release.machine.run import run

        module = import_module(f"{LINE.package}.{asked.command}")
        shell = Shell(console=console, host=host, run=interruption.guard(run))
        return int(module.run(asked, shell))

    return conduct(LINE, console, host.cache / "logs", work)
