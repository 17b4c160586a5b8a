"""`workflow-containers lock DEFINITION…`: resolve and write the locks that the images name."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workflow_containers.commands.interface import Shell
from workflow_containers.debian import lock, resolve
from workflow_containers.debian.mirror import Mirrors
from workflow_containers.definition import Definition, load
from workflow_containers.errors import DefinitionError
from workflow_containers.platform import Platform
from workflow_sbom.errors import Fault


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Resolve, then write; prints each lock that was written."""
    root = asked.root.absolute()
    definitions = tuple(map(load, asked.definitions))
    if asked.only != "wheels":
        mirrors = shell.mirrors(asked.mirror, asked.security_mirror)
        for name in sorted({each.lock for each in definitions if each.lock is not None}):
            sharing = [each for each in definitions if each.lock == name]
            _write(root / name, _debian(name, sharing, mirrors, shell), shell)
    if asked.only != "debian":
        for definition in definitions:
            if definition.requirements is not None:
                text = resolve.requirements(
                    definition,
                    root,
                    uv=(sys.executable, "-m", "uv"),
                    env=shell.environment,
                    run=shell.run,
                )
                _write(root / definition.requirements, text.encode(), shell)
    return 0


def _debian(name: str, definitions: Sequence[Definition], mirrors: Mirrors, shell: Shell) -> bytes:
    """One lock for the definitions that name it: the packages of them all."""
    suites = sorted({each.suite for each in definitions if each.suite is not None})
    if len(suites) != 1:
        fault = Fault("suite", f"one lock of two suites: {', '.join(suites)}")
        raise DefinitionError(name, [fault])
    platforms: dict[Platform, set[str]] = {}
    for definition in definitions:
        for platform in definition.platforms:
            platforms.setdefault(platform, set()).update(definition.packages)
    with tempfile.TemporaryDirectory() as folder:
        apt = resolve.Apt(
            folder=Path(folder),
            mirrors=mirrors,
            keyring=resolve.keyring(),
            environment=shell.environment,
            run=shell.run,
        )
        resolved = {
            platform: apt.resolve(suites[0], platform, names)
            for platform, names in sorted(platforms.items())
        }
    return lock.document(suites[0], resolved)


def _write(path: Path, data: bytes, shell: Shell) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    shell.console.result(str(path))
