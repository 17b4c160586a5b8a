"""The command `workflow-containers`: `lock`, `schema`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_containers import __version__, host
from workflow_containers.debian import lock, resolve
from workflow_containers.debian.mirror import Mirrors, find
from workflow_containers.definition import Definition, load
from workflow_containers.errors import ContainersError, DefinitionError
from workflow_containers.platform import Platform
from workflow_containers.run import run
from workflow_sbom import tables
from workflow_sbom.errors import Fault, SbomError


@dataclass(frozen=True, slots=True, kw_only=True)
class Locking:
    """What `lock` was asked: the definitions, the repository's root, how to reach a mirror."""

    definitions: tuple[Path, ...]
    root: Path
    mirror: str | None
    security_mirror: str | None
    only: str | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code: 0 done, 1 failed, 2 misused."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "schema":
            say(json.dumps(tables.schema(Definition, "A container image"), indent=2))
        else:
            _lock(_locking(options), host.environment())
    except (ContainersError, SbomError) as error:
        sys.stderr.write(f"workflow-containers: {error}\n")
        return 1
    return 0


def say(line: str) -> None:
    """Print a line of results."""
    sys.stdout.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workflow-containers",
        description="OCI images for Python without a daemon, root or an emulator.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    locking = commands.add_parser("lock", help="resolve and write the locks of images")
    locking.add_argument("definitions", nargs="+", type=Path, metavar="DEFINITION")
    locking.add_argument("--root", type=Path, default=Path(), help="the repository's folder")
    locking.add_argument("--mirror", metavar="URL", help="the Debian mirror")
    locking.add_argument("--security-mirror", metavar="URL", help="the Debian security mirror")
    locking.add_argument("--only", choices=("debian", "wheels"), help="leave the other locks")
    commands.add_parser("schema", help="print the JSON Schema of image definitions")
    return parser


def _locking(options: argparse.Namespace) -> Locking:
    return Locking(
        definitions=tuple(options.definitions),
        root=options.root.absolute(),
        mirror=options.mirror,
        security_mirror=options.security_mirror,
        only=options.only,
    )


def _lock(asked: Locking, environment: Mapping[str, str]) -> None:
    definitions = tuple(map(load, asked.definitions))
    if asked.only != "wheels":
        mirrors = _mirrors(asked, environment)
        for name in sorted({definition.lock for definition in definitions}):
            sharing = [each for each in definitions if each.lock == name]
            _write(asked.root / name, _debian(sharing, mirrors, environment))
    if asked.only != "debian":
        for definition in definitions:
            if definition.requirements is not None:
                text = resolve.requirements(
                    definition, asked.root, uv=_uv(), env=environment, run=run
                )
                _write(asked.root / definition.requirements, text.encode())


def _mirrors(asked: Locking, environment: Mapping[str, str]) -> Mirrors:
    from workflow_containers.debian.mirror import DEBIAN_VARIABLE, SECURITY_VARIABLE

    given = {DEBIAN_VARIABLE: asked.mirror, SECURITY_VARIABLE: asked.security_mirror}
    named = {name: value for name, value in given.items() if value}
    return find("/", {**environment, **named})


def _debian(
    definitions: Sequence[Definition], mirrors: Mirrors, environment: Mapping[str, str]
) -> bytes:
    """One lock for the definitions that name it: the packages of them all."""
    suites = sorted({definition.suite for definition in definitions})
    if len(suites) != 1:
        fault = Fault("suite", f"one lock of two suites: {', '.join(suites)}")
        raise DefinitionError(definitions[0].lock, [fault])
    platforms: dict[Platform, set[str]] = {}
    for definition in definitions:
        for platform in definition.platforms:
            platforms.setdefault(platform, set()).update(definition.packages)
    with tempfile.TemporaryDirectory() as folder:
        apt = resolve.Apt(
            folder=Path(folder),
            mirrors=mirrors,
            keyring=resolve.keyring(),
            environment=environment,
            run=run,
        )
        resolved = {
            platform: apt.resolve(suites[0], platform, names)
            for platform, names in sorted(platforms.items())
        }
    return lock.document(suites[0], resolved)


def _uv() -> tuple[str, ...]:
    return (sys.executable, "-m", "uv")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    say(str(path))
