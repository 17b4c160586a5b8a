"""A cut that is told to stop: what it started ends with it, and it leaves nothing half-made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support.patience import until
from support.person import COMMAND, User
from support.repositories import LICENCE, commit

# npm, its shell, Node, and what that starts: all of it sleeps.
BUILD = """
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
writeFileSync(process.env.npm_package_config_ready, "");
spawnSync("sleep", ["307"]);
"""


def sleeping(tmp_path: Path) -> Path:
    """A repository whose user interface takes five minutes to build, and says when it begins."""
    package = {
        "name": "ui",
        "version": "0.0.0",
        "scripts": {"build": "node build.mjs"},
        "config": {"ready": str(tmp_path / "ready")},
    }
    lock = {"name": "ui", "version": "0.0.0", "lockfileVersion": 3, "packages": {"": package}}
    files = {
        "package.json": json.dumps(package),
        "package-lock.json": json.dumps(lock),
        "build.mjs": BUILD,
        "LICENSE": LICENCE,
    }
    return commit(tmp_path / "r", files)


def sleepers() -> set[str]:
    """The processes of this machine that run our `sleep`."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"307" in words:
            found.add(folder.name)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cut_that_is_told_to_stop_leaves_nothing(
    user: User, tmp_path: Path, number: signal.Signals
) -> None:
    repository = sleeping(tmp_path)
    before = sleepers()
    with subprocess.Popen(
        [COMMAND, "cut", "-C", str(repository)],
        env=user.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as cut:
        try:
            until((tmp_path / "ready").exists, seconds=120, told=lambda: "no build began")
            until(lambda: bool(sleepers() - before), seconds=20, told=lambda: "nobody sleeps")
            os.kill(cut.pid, number)
            out, err = cut.communicate(timeout=30)
        finally:
            cut.kill()
    assert cut.returncode == 128 + number
    assert out == ""
    assert err.splitlines()[-1].startswith("interrupted; nothing half-made was left")
    assert "FAILED" not in err
    assert "Traceback" not in err
    assert sleepers() == before
    assert not list((user.cache / "work").glob("*"))
    assert not list(repository.glob("dist/*"))
