"""What a command that builds or checks works with, by its words and this user's machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workflow_containers.base.registries import from_anywhere
from workflow_containers.building.given import Tools
from workflow_containers.commands.interface import Shell
from workflow_containers.network.transport import fetcher
from workflow_sbom.machine import surroundings


def tools_of(asked: argparse.Namespace, shell: Shell) -> Tools:
    """This user's store, mirrors, pip and registries."""
    environment = shell.environment
    home = environment.get("HOME") or str(Path.home())
    return Tools(
        store=shell.store.folder,
        mirrors=lambda: shell.mirrors(asked.mirror, asked.security_mirror),
        pip=(sys.executable, "-m", "pip"),
        environment=surroundings.fetching_environment(environment, home),
        fetch=fetcher(environment),
        bring=from_anywhere(asked.layout, shell.connect(asked.plain_http)),
        policy="re-resolve" if asked.re_resolve else "strict",
        run=shell.run,
        workers=surroundings.processors(),
    )
