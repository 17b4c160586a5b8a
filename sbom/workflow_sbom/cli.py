"""The command line: words to one request, one command, one place that catches errors.

Only what every start needs is imported here; each command imports its own part of the package.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_sbom import __version__
from workflow_sbom.terminal.commandline import Command, CommandLine, Parser

if TYPE_CHECKING:
    from workflow_sbom.machine.interruption import Interruption


def _make(words: Parser) -> None:
    words.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH",
        help="a wheel, a folder of wheels, a source distribution, an installed environment,"
        " a web interface's archive, a Go program",
    )  # fmt: skip
    words.add_argument(
        "--output", "-o", type=Path, default=Path("-"), metavar="FILE",
        help="the document, or a folder for several; default: standard output",
    )  # fmt: skip
    words.add_argument(
        "--format", choices=("cyclonedx", "spdx"), default="cyclonedx",
        help="CycloneDX, or SPDX 2.3; default: cyclonedx",
    )  # fmt: skip
    words.add_argument("--spec", choices=("1.6", "1.7"), help="of CycloneDX; default: 1.7")
    words.add_argument(
        "--created", metavar="TIME",
        help="when (RFC 3339); default: SOURCE_DATE_EPOCH, else the newest time in the artifact",
    )  # fmt: skip
    words.add_argument(
        "--lock", type=Path, metavar="FILE",
        help="hashed requirements; of a web interface, package-lock.json",
    )  # fmt: skip
    words.add_argument(
        "--python", metavar="VERSION",
        help="for markers; default: an environment's own, of wheels 3.13.0",
    )  # fmt: skip
    words.add_argument(
        "--platform", metavar="SYSTEM/MACHINE",
        help="for markers; default: an environment's own, of wheels linux/x86_64",
    )  # fmt: skip
    words.add_argument(
        "--root", action="append", default=[], metavar="REQUIREMENT",
        help="what an environment or folder of wheels is for, with its extras, again for each",
    )  # fmt: skip
    words.add_argument(
        "--name", help="of an environment or folder of wheels; default: the folder's"
    )
    words.add_argument(
        "--package", type=Path, metavar="FILE", help="of a web interface: package.json"
    )
    words.add_argument(
        "--modules", type=Path, metavar="FILE",
        help="of a web interface: what the bundler says it shipped",
    )  # fmt: skip
    words.add_argument("--version", help="of what does not name its own")
    _json(words)


def _validate(words: Parser) -> None:
    _documents(words)
    _json(words)


def _check(words: Parser) -> None:
    _documents(words)
    words.add_argument(
        "--policy", type=Path, default=Path("sbom/policy.toml"), metavar="FILE",
        help="what is demanded; default: sbom/policy.toml",
    )  # fmt: skip
    words.add_argument(
        "--osv", type=Path, metavar="PATH",
        help="a database of vulnerabilities: a folder or zip of OSV records",
    )  # fmt: skip
    words.add_argument(
        "--vex", action="append", type=Path, default=[], metavar="FILE",
        help="why vulnerabilities do not matter (CycloneDX or OpenVEX), again for each",
    )  # fmt: skip
    words.add_argument("--at", metavar="TIME", help="judge as of then (RFC 3339); default: now")
    words.add_argument(
        "--stable", action="store_true", help="what is not known fails, as for a stable release"
    )
    _json(words)


def _merge(words: Parser) -> None:
    _documents(words)
    words.add_argument(
        "--output", "-o", type=Path, default=Path("-"), metavar="FILE",
        help="the document; default: standard output",
    )  # fmt: skip
    words.add_argument("--name", help="what all of it is about; default: what each is about")
    words.add_argument("--version", help="of what --name names")


def _diff(words: Parser) -> None:
    words.add_argument("old", type=Path, metavar="A", help="an SBOM; - is standard input")
    words.add_argument("new", type=Path, metavar="B", help="another one")
    words.add_argument("--edges", action="store_true", help="list every edge that differs")
    _json(words)


def _coverage(words: Parser) -> None:
    words.add_argument(
        "files", nargs="+", type=Path, metavar="FILE",
        help="wheels, source distributions, or archives of web interfaces",
    )  # fmt: skip
    words.add_argument(
        "--source", type=Path, metavar="DIR",
        help="the folder of the project it was made from; a wheel can do without",
    )  # fmt: skip
    words.add_argument("--version", help="that its release gave a web interface")
    _json(words)


def _schema(words: Parser) -> None:
    words.add_argument("of", choices=("policy",), help="of which file")


def _documents(words: Parser) -> None:
    words.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="an SBOM; - is standard input"
    )


def _completion(words: Parser) -> None:
    words.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _json(words: Parser) -> None:
    words.add_argument("--json", action="store_true", help="print the result as JSON")


COMMANDS = {
    "make": Command("Write what an artifact is made of, as CycloneDX or SPDX", _make),
    "validate": Command("Check documents against the schemas of their specifications", _validate),
    "merge": Command("Merge documents into one, losing nothing", _merge),
    "diff": Command(
        "Tell what a document adds, drops and changes; exits with 1 if anything", _diff
    ),
    "check": Command(
        "Check documents against a policy: licences, vulnerabilities, quality", _check
    ),
    "coverage": Command("Tell what explains each entry of an archive", _coverage),
    "schema": Command("Print the JSON Schema of a policy", _schema),
    "completion": Command("Print a completion script", _completion),
}

LINE = CommandLine(
    program="workflow-sbom",
    version=__version__,
    description="What is in a released artifact, told from its bytes.",
    epilog="first steps: workflow-sbom make dist/*.whl --output sboms",
    package="workflow_sbom.commands",
    commands=COMMANDS,
)


def main() -> None:
    """Run the command line of this process and exit with its code."""
    try:
        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130  # before anything was begun
    sys.exit(code)


def run_command(words: Sequence[str]) -> int:
    """Run one command line; returns its exit code. A user never sees a traceback."""
    from workflow_sbom.machine import host
    from workflow_sbom.terminal.console import Console
    from workflow_sbom.terminal.session import conduct

    environment = host.environment()
    console = Console.of(environment)

    def work(_: Interruption) -> int:
        asked = LINE.parse(words)
        from importlib import import_module

        from workflow_sbom.commands.interface import Shell

        module = import_module(f"{LINE.package}.{asked.command}")
        return int(module.run(asked, Shell(console=console, environment=environment)))

    return conduct(LINE, console, host.log_folder(environment), work)
