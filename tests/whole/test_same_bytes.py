"""Same commit, same bytes: another path, umask, locale, time zone, date and hash seed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from support.person import COMMAND, User
from support.repositories import git

ROOT = Path(__file__).resolve().parents[2]
SIGNED = {"provenance.sigstore.json", "release.json", "release.json.sigstore.json"}


def clone(into: Path) -> Path:
    """A clone of this checkout's HEAD on its main branch."""
    subprocess.run(
        ["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(into)],
        check=True,
        capture_output=True,
    )
    git(into, "checkout", "-q", "-B", "main", "HEAD")
    return into


@pytest.mark.slow
def test_two_clones_of_this_repository_give_the_same_bytes(tmp_path: Path) -> None:
    first = cut(tmp_path / "one", {})
    second = cut(
        tmp_path / "elsewhere" / "a much longer path",
        {
            "LC_ALL": "C",
            "LANG": "tr_TR.UTF-8",
            "TZ": "Pacific/Kiritimati",
            "PYTHONHASHSEED": "12345",
        },
        umask=0o077,
    )
    names = {path.name for path in first.iterdir()}
    assert names == {path.name for path in second.iterdir()}
    different = [
        name
        for name in sorted(names - SIGNED)
        if (first / name).read_bytes() != (second / name).read_bytes()
    ]
    assert different == []
    assert sum(name.endswith(".whl") for name in names) == 6
    assert sum(name.endswith(".oci.tar") for name in names) == 2


def cut(place: Path, changed: dict[str, str], umask: int = 0o022) -> Path:
    """Clone and cut with nothing shared but downloads: own user, own key, own build cache."""
    place.mkdir(parents=True)
    checkout = clone(place / "checkout")
    user = User(home=place / "home", cache=place / "cache")
    user.home.mkdir()
    done = subprocess.run(
        [COMMAND, "cut", "-C", str(checkout)],
        env={**user.environment, **changed, "PIP_CACHE_DIR": _pip_cache()},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = [path.parent for path in (checkout / "dist").glob("*/release.json")]
    assert len(made) == 1
    return made[0]


def _pip_cache() -> str:
    return os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "pip")
