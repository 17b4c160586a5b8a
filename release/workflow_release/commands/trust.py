"""`workflow-release trust`: whose signatures this user believes."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from workflow_release.commands.interface import Shell
from workflow_release.errors import UsageError
from workflow_release.signing.trust import TrustedKey, TrustStore, read_key


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """List, add, remove, or export a key as PEM."""
    store = TrustStore(shell.host)
    match asked.action:
        case "add":
            key = replace(read_key(Path(_value(asked))), repository=asked.repository)
            store.add(key)
            shell.console.say(f"trusted from now on: {key}")
        case "remove":
            shell.console.say(f"no longer trusted: {store.remove(_value(asked))}")
        case "export":
            shell.console.result(_chosen(store, asked).pem.decode("ascii").rstrip("\n"))
        case _:
            _list(store.keys(), asked, shell)
    return 0


def _chosen(store: TrustStore, asked: argparse.Namespace) -> TrustedKey:
    """The key that is named, or the only one there is."""
    known = store.keys()
    return known[0] if not asked.value and len(known) == 1 else store.find(_value(asked))


def _value(asked: argparse.Namespace) -> str:
    if not asked.value:
        what = "a PEM file" if asked.action == "add" else "a fingerprint"
        raise UsageError(
            f"trust {asked.action} needs {what}", remedy="workflow-release trust --help"
        )
    return str(asked.value)


def _list(keys: tuple[TrustedKey, ...], asked: argparse.Namespace, shell: Shell) -> None:
    if asked.json:
        shell.console.json(
            [
                {"fingerprint": str(k.fingerprint), "label": k.label, "repository": k.repository}
                for k in keys
            ]
        )
        return
    rows = [(key.fingerprint.hex, key.repository or "any", key.label) for key in keys]
    shell.console.table(("fingerprint", "repository", "label"), rows)
    if not keys:
        shell.console.next_step("workflow-release trust add PEM, or sign something: cut")
