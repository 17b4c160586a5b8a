"""A cut that is killed leaves the old state or the new one, and the next run finishes it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.person import COMMAND, User
from support.repositories import BACKENDS, LICENCE, commit

KILLS = 20


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def kill_after(user: User, repository: Path, seconds: float) -> None:
    """Start a cut and kill it, and every process it started, after so many seconds."""
    running = subprocess.Popen(
        [COMMAND, "cut", "-C", str(repository)],
        env=user.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@pytest.mark.slow
def test_twenty_kills_always_end_in_the_same_release(user: User, tmp_path: Path) -> None:
    repository = commit(tmp_path / "r", {**BACKENDS["hatchling, flat"], "LICENSE": LICENCE})
    person = User(home=user.home, cache=tmp_path / "cache")
    begin = time.monotonic()
    expected = files_of(person.cut(repository))
    whole = time.monotonic() - begin
    moments = random.Random(20).uniform
    for at in range(KILLS):
        shutil.rmtree(repository / "dist")
        if at % 4 == 0:
            _forget_artifacts(person.cache)
        kill_after(person, repository, moments(0.05, whole / 2))
        left = repository / "dist" / "0.1.0-dev.1"
        assert not left.exists() or files_of(left) == expected
        assert files_of(person.cut(repository)) == expected


def _forget_artifacts(cache: Path) -> None:
    """Empty the cache, so that kills hit the building of environments and artifacts, too."""
    subprocess.run(["chmod", "-R", "u+w", str(cache)], check=True)
    shutil.rmtree(cache)
