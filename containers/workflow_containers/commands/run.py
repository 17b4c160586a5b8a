"""`workflow-containers run ARCHIVE [-- ARGUMENT …]`: run an image with everything dropped."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workflow_containers.commands.interface import Shell
from workflow_containers.engine import running
from workflow_containers.engine.connecting import connect
from workflow_containers.engine.interface import Confined
from workflow_containers.engine.loading import load
from workflow_containers.platform import Platform
from workflow_containers.smoke import FOLDER, LEAST_MEMORY
from workflow_sbom.errors import UsageError
from workflow_sbom.printable import printable
from workflow_sbom.terminal.console import Console

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_MOST = 15  # seconds; an interrupted command ends after 20, come what may


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Load it and run it; the container's exit code. Ctrl-C stops it."""
    platform = Platform.parse(asked.platform) if asked.platform else None
    environment = _environment(asked.env, shell.environment)
    _check(asked)
    with connect(shell.environment, asked.engine) as engine:
        loaded = load(engine, asked.archive, platform)
        wanted = Confined(
            image=loaded.id,
            arguments=asked.rest,
            environment=environment,
            network=asked.network,
            tmpfs=tuple(asked.tmpfs),
            memory=asked.memory << 20,
        )
        shell.console.say(f"running {loaded.image.platform} image {loaded.id}; Ctrl-C stops it")
        return running.run(engine, wanted, _Said(shell.console), asked.stop_after)


def _check(asked: argparse.Namespace) -> None:
    if not 0 <= asked.stop_after <= _MOST:
        raise UsageError(
            f"--stop-after: {asked.stop_after} seconds", remedy=f"give 0 to {_MOST} seconds"
        )
    if asked.memory < LEAST_MEMORY:
        raise UsageError(
            f"--memory: {asked.memory} MiB is too little", remedy=f"give {LEAST_MEMORY} or more"
        )
    for path in asked.tmpfs:
        if not re.fullmatch(FOLDER, path, re.ASCII):
            raise UsageError(
                f"--tmpfs: '{printable(path[:80])}' is no folder of a container",
                remedy="give an absolute path such as /tmp",
            )


def _environment(words: Sequence[str], ours: Mapping[str, str]) -> dict[str, str]:
    """`NAME=VALUE` as it stands, `NAME` with our own value if we have one."""
    found = {}
    for word in words:
        name, given, value = word.partition("=")
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"--env: '{printable(name[:80])}' is no name of an environment variable",
                remedy="write --env NAME=VALUE, or --env NAME to pass on ours",
            )
        if given or name in ours:
            found[name] = value if given else ours[name]
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """Passes on what the container prints; implements `Listener`."""

    console: Console

    def out(self, line: str) -> None:
        """To standard output, at once."""
        self.console.result(line)
        self.console.flush()

    def err(self, line: str) -> None:
        """To standard error."""
        self.console.say(line)
