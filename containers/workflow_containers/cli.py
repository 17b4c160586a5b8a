"""The command line: words to one request, one command, one place that catches errors.

Only what every start needs is imported here; each command imports its own part of the package.
"""

from __future__ import annotations

from argparse import SUPPRESS
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_containers import __version__
from workflow_containers import words as shared
from workflow_sbom.terminal.commandline import Command, CommandLine, Parser

if TYPE_CHECKING:
    from workflow_sbom.machine.interruption import Interruption


_IMAGE = "an archive, a layout's folder, or REGISTRY/NAME[:TAG][@DIGEST]"


def _lock(words: Parser) -> None:
    shared.definitions(words)
    shared.mirrors(words)
    words.add_argument("--only", choices=("debian", "wheels"), help="leave the other locks")
    words.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a lock is stale"
    )
    words.add_argument(
        "--keyring", type=Path, metavar="FILE",
        help="the keys that prove the mirror's indexes; default: the host's Debian keyring",
    )  # fmt: skip
    shared.json(words)


def _build(words: Parser) -> None:
    shared.definitions(words)
    words.add_argument(
        "--version", metavar="TAG", help="the images' version; default: that of their wheel"
    )
    shared.own(words)
    words.add_argument(
        "--output", type=Path, metavar="DIR", help="the folder for archives; default: dist/"
    )
    words.add_argument(
        "--created", metavar="TIME",
        help="when (RFC 3339); default: SOURCE_DATE_EPOCH, else the commit's time",
    )  # fmt: skip
    shared.sources(words)
    shared.json(words)


def _coverage(words: Parser) -> None:
    words.add_argument("definition", type=Path, metavar="DEFINITION", help="the image's TOML file")
    words.add_argument("archive", type=Path, metavar="ARCHIVE", help="its OCI layout archive")
    shared.root(words)
    shared.own(words)
    words.add_argument(
        "--debs",
        type=Path,
        metavar="DIR",
        help="a folder with the locked packages; none is fetched",
    )
    words.add_argument(
        "--wheels",
        type=Path,
        metavar="DIR",
        help="a folder with the locked wheels; none is fetched",
    )
    shared.sources(words)
    shared.json(words)


def _inspect(words: Parser) -> None:
    words.add_argument("image", metavar="IMAGE", help=_IMAGE)
    shared.plain_http(words)
    shared.json(words)


def _sbom(words: Parser) -> None:
    words.add_argument("archive", type=Path, metavar="ARCHIVE", help="an OCI layout archive")
    words.add_argument(
        "--output", "-o", type=Path, default=Path("-"), metavar="FILE",
        help="the document; default: standard output",
    )  # fmt: skip
    words.add_argument(
        "--format", choices=("cyclonedx", "spdx"), default="cyclonedx",
        help="CycloneDX 1.7 or SPDX 2.3; default: cyclonedx",
    )  # fmt: skip
    words.add_argument(
        "--created", metavar="TIME",
        help="when (RFC 3339); default: SOURCE_DATE_EPOCH, else when its images were made",
    )  # fmt: skip
    shared.json(words)


def _diff(words: Parser) -> None:
    words.add_argument("old", metavar="A", help=_IMAGE)
    words.add_argument("new", metavar="B", help="another one")
    words.add_argument("--platform", metavar="OS/ARCH", help="of one platform; default: of all")
    words.add_argument("--files", action="store_true", help="list every file that differs")
    shared.plain_http(words)
    shared.json(words)


def _schema(_: Parser) -> None:
    """No words."""


def _run(words: Parser) -> None:
    words.usage = f"{words.prog} [options] ARCHIVE [-- ARGUMENT ...]"
    words.epilog = "arguments after -- replace the image's own"
    words.add_argument("archive", type=Path, metavar="ARCHIVE", help="an OCI layout archive")
    words.add_argument("--platform", metavar="OS/ARCH", help="default: what the engine runs")
    words.add_argument("--network", choices=("none", "host"), default="none", help="default: none")
    words.add_argument(
        "--env", action="append", default=[], metavar="NAME[=VALUE]",
        help="set an environment variable; without a value, ours",
    )  # fmt: skip
    words.add_argument(
        "--tmpfs", action="append", default=[], metavar="PATH", help="a folder it may write to"
    )
    words.add_argument(
        "--memory", type=int, default=512, metavar="MIB", help="that it may have; default: 512"
    )
    words.add_argument(
        "--stop-after", type=int, default=10, metavar="SECONDS",
        help="kill it so long after Ctrl-C; default: 10",
    )  # fmt: skip
    shared.engine(words)


def _smoke(words: Parser) -> None:
    words.add_argument("definition", type=Path, metavar="DEFINITION", help="the image's TOML file")
    words.add_argument("archive", type=Path, metavar="ARCHIVE", help="its OCI layout archive")
    words.add_argument(
        "--wait", type=int, default=60, metavar="SECONDS",
        help="until it must be healthy, or have ended; default: 60",
    )  # fmt: skip
    shared.engine(words)
    shared.json(words)


def _containerfile(words: Parser) -> None:
    words.add_argument("folder", type=Path, metavar="FOLDER", help="the context of the build")
    words.add_argument("--name", required=True, help="the image's name")
    words.add_argument("--version", required=True, help="its version, which is its tag")
    words.add_argument("--output", type=Path, required=True, metavar="FILE", help="the archive")
    words.add_argument(
        "--file", default="Containerfile", metavar="PATH",
        help="the Containerfile, from FOLDER; default: Containerfile",
    )  # fmt: skip
    words.add_argument(
        "--network", choices=("none", "host"), default="none", help="of its steps; default: none"
    )
    words.add_argument(
        "--untracked", action="store_true",
        help="every file of FOLDER that .dockerignore leaves, not only what git tracks",
    )  # fmt: skip
    shared.engine(words)
    shared.json(words)


def _completion(words: Parser) -> None:
    words.add_argument("shell", choices=("bash", "zsh", "tcsh"))


def _push(words: Parser) -> None:
    words.add_argument("archive", type=Path, metavar="ARCHIVE", help="an OCI layout archive")
    words.add_argument(
        "references", nargs="+", metavar="REFERENCE",
        help="where to: REGISTRY/NAME[:TAG]; without a tag, the archive's version",
    )  # fmt: skip
    words.add_argument(
        "--move", action="store_true",
        help="tags may stand for another image before; never the archive's version",
    )  # fmt: skip
    words.add_argument("--dry-run", action="store_true", help="ask and tell, but write nothing")
    shared.plain_http(words)
    shared.json(words)


def _pull(words: Parser) -> None:
    words.add_argument("reference", metavar="REFERENCE", help="REGISTRY/NAME[:TAG][@DIGEST]")
    words.add_argument(
        "--output", "-o", type=Path, metavar="FILE",
        help="the archive; default: NAME-VERSION.oci.tar here",
    )  # fmt: skip
    words.add_argument("--platform", metavar="OS/ARCH", help="of one platform; default: of all")
    shared.plain_http(words)
    shared.json(words)


def _registry(words: Parser) -> None:
    actions = words.add_subparsers(dest="action", metavar="action", required=True)

    def action(name: str, text: str) -> Parser:
        return actions.add_parser(name, help=text, prog=f"{words.prog} {name}", description=text)

    login = action("login", "Try a user name and password, and keep them if they are good.")
    login.add_argument("host", metavar="HOST", help="the registry: ghcr.io, localhost:5000")
    login.add_argument("--username", "-u", required=True, metavar="NAME", help="the user")
    login.add_argument("--password-stdin", action="store_true", help="read it from standard input")
    login.add_argument("--password", "-p", help=SUPPRESS)  # refused, without showing it
    shared.plain_http(login)
    logout = action("logout", "Forget the credential for a registry.")
    logout.add_argument("host", metavar="HOST", help="the registry")
    shared.json(action("list", "List the registries that credentials are kept for."))


def _attach(words: Parser) -> None:
    shared.subject(words)
    words.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what to attach")
    words.add_argument(
        "--type", metavar="TYPE", help="the artifact's type; default: what the files' names say"
    )
    words.add_argument(
        "--media-type", metavar="TYPE", help="the files' type; default: what their names say"
    )
    shared.json(words)


def _referrers(words: Parser) -> None:
    shared.subject(words)
    words.add_argument("--type", metavar="TYPE", help="leave out artifacts of other types")
    words.add_argument("--download", type=Path, metavar="DIR", help="write their files there")
    shared.json(words)


COMMANDS = {
    "lock": Command("Resolve and write the locks that images name", _lock),
    "build": Command("Build the archives of images", _build),
    "coverage": Command("Tell whose every entry of an image is; 39 if one is nobody's", _coverage),
    "inspect": Command("Tell what an image holds and how it is run", _inspect),
    "sbom": Command("Write what an image is made of, as CycloneDX or SPDX", _sbom),
    "diff": Command("Tell what differs between two images; exits with 1 if anything", _diff),
    "push": Command("Push an image archive to registries", _push),
    "pull": Command("Pull an image into an archive", _pull),
    "registry": Command("Log in to registries, log out, list them", _registry),
    "attach": Command("Attach SBOMs, signatures or provenance to an image", _attach),
    "referrers": Command("List what was attached to an image, or download it", _referrers),
    "run": Command("Run an image's archive under Docker, with everything dropped", _run, True),
    "smoke": Command("Try an image: it becomes healthy, answers, and ends when told to", _smoke),
    "containerfile": Command(
        "Build a Containerfile through Docker; not reproducible", _containerfile
    ),
    "schema": Command("Print the JSON Schema of image definitions", _schema),
    "completion": Command("Print a completion script", _completion),
}

LINE = CommandLine(
    program="workflow-containers",
    version=__version__,
    description="OCI images for Python without a daemon, root or an emulator.",
    epilog="first steps: workflow-containers lock image.toml, then workflow-containers build",
    package="workflow_containers.commands",
    commands=COMMANDS,
)


def run_command(words: Sequence[str]) -> int:
    """Run one command line; returns its exit code. A user never sees a traceback."""
    from workflow_containers import host
    from workflow_sbom.terminal.console import Console
    from workflow_sbom.terminal.session import conduct

    environment = host.environment()
    console = Console.of(environment)

    def work(interruption: Interruption) -> int:
        asked = LINE.parse(words)
        from importlib import import_module

        from workflow_containers.commands.interface import Shell
        from workflow_containers.network.clock import CLOCK
        from workflow_containers.run import run

        module = import_module(f"{LINE.package}.{asked.command}")
        shell = Shell(
            console=console,
            environment=environment,
            run=interruption.guard(run),
            clock=CLOCK.guarded(interruption.guard),
        )
        return int(module.run(asked, shell))

    return conduct(LINE, console, host.cache_folder(environment) / "logs", work)
