"""Credential helpers for tests: real programs on a PATH of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

# Keeps what it is given in a file beside it, as docker-credential-pass does in its store.
_KEEPING = """\
#!{python}
import json, pathlib, sys
file = pathlib.Path({file!r})
kept = json.loads(file.read_text()) if file.exists() else {{}}
asked = sys.stdin.read()
match sys.argv[1:]:
    case ["get"] if asked in kept:
        print(json.dumps(kept[asked]))
    case ["store"]:
        said = json.loads(asked)
        kept[said["ServerURL"]] = said
    case ["erase"] if asked in kept:
        del kept[asked]
    case _:
        print("credentials not found in native keychain")
        raise SystemExit(1)
file.write_text(json.dumps(kept))
"""


def script(folder: Path, name: str, text: str) -> None:
    """A shell script that is a helper."""
    write(folder, name, f"#!/bin/sh\n{text}\n")


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"docker-credential-{name}"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def keeping(folder: Path, name: str, **kept: Mapping[str, str]) -> Path:
    """A helper that keeps what it is given; the file it keeps it in."""
    file = folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept), encoding="utf-8")
    write(folder, name, _KEEPING.format(python=sys.executable, file=str(file)))
    return file


def environment(folder: Path, config: object = None) -> dict[str, str]:
    """An environment whose PATH has the helpers of `folder`, and whose home is beside them."""
    docker = folder / "docker"
    docker.mkdir(mode=0o700, parents=True, exist_ok=True)
    if config is not None:
        data = config if isinstance(config, str) else json.dumps(config)
        (docker / "config.json").write_text(data, encoding="utf-8")
    return {"PATH": f"{folder}:/usr/bin:/bin", "DOCKER_CONFIG": str(docker), "HOME": str(folder)}
