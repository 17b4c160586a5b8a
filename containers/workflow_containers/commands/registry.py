"""`workflow-containers registry login|logout|list`: this user's credentials for registries."""

from __future__ import annotations

import argparse
import io
import sys
from dataclasses import asdict

from workflow_containers.access import login
from workflow_containers.access.credentials import Basic, Credential
from workflow_containers.access.endpoint import host_named, registry_of
from workflow_containers.access.login import Keeper
from workflow_containers.commands.interface import Shell
from workflow_sbom.errors import UsageError


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Log in, log out, or list."""
    keeper = Keeper(environment=shell.environment, run=shell.run)
    match asked.action:
        case "login":
            return _login(asked, shell, keeper)
        case "logout":
            return _logout(asked, shell, keeper)
        case _:
            return _list(asked, shell, keeper)


def _login(asked: argparse.Namespace, shell: Shell, keeper: Keeper) -> int:
    """Try the credential, then keep it; prints where."""
    registry = registry_of(host_named(asked.host))
    if asked.password or not asked.password_stdin:
        raise UsageError(
            "a password is read from standard input only; every user sees a command line",
            remedy="--password-stdin, and the password through a pipe",
        )
    stream = io.BytesIO() if sys.stdin is None else sys.stdin.buffer
    credential = Basic(username=asked.username, password=login.read_password(stream))
    wanted: list[str] = []

    def who(name: str) -> Credential:
        wanted.append(name)
        return credential

    login.check(registry, shell.connect(asked.plain_http, who))
    if not wanted:
        shell.console.say(f"{registry} lets everybody in: the password was not tried")
    kept = keeper.keep(registry, credential)
    shell.console.result(f"{registry}: kept in {kept.place}")
    shell.console.next_step(f"workflow-containers push IMAGE {registry}/NAME:TAG")
    return 0


def _logout(asked: argparse.Namespace, shell: Shell, keeper: Keeper) -> int:
    registry = registry_of(host_named(asked.host))
    keeper.forget(registry)
    shell.console.result(f"{registry}: forgotten")
    return 0


def _list(asked: argparse.Namespace, shell: Shell, keeper: Keeper) -> int:
    kept = keeper.kept()
    if asked.json:
        shell.console.json([asdict(each) for each in kept])
    else:
        rows = [(each.registry, each.place) for each in kept]
        shell.console.table(("REGISTRY", "KEPT IN"), rows)
    return 0
