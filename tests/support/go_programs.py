"""Registries and clients written in Go by others, built from modules pinned by hash, and kept.

The first run builds them in about a minute; `WORKFLOW_GO_PROGRAMS` may name a folder that
outlives the machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from support.absent import absent

MODULE = Path(__file__).resolve().parents[1] / "interop" / "go"
FOLDER_VARIABLE = "WORKFLOW_GO_PROGRAMS"
SECONDS_TO_BUILD = 600


def program(name: str) -> Path:
    """`crane`, `oras`, or one of the folders in `MODULE`."""
    return _built() / name


@cache
def _built() -> Path:
    go = shutil.which("go") or absent("no go: the Go toolchain builds registries to test against")
    folder = _kept() / _state(go)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch, "bin")
        made.mkdir()
        done = subprocess.run(
            [go, "build", "-mod=readonly", "-trimpath", "-o", f"{made}/", "tool", "./..."],
            cwd=MODULE,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_TO_BUILD,
        )
        assert done.returncode == 0, done.stderr
        if not folder.is_dir():  # another process may have been faster
            made.rename(folder)
    return folder


def _kept() -> Path:
    if given := os.environ.get(FOLDER_VARIABLE):
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "workflow-tests" / "go"


def _state(go: str) -> str:
    version = subprocess.run([go, "version"], capture_output=True, check=True, timeout=60).stdout
    state = hashlib.sha256(version)
    for path in sorted(MODULE.rglob("*.*")):
        state.update(path.read_bytes())
    return state.hexdigest()[:32]
