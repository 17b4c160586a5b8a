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


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout's HEAD as a main branch, whatever is committed meanwhile."""
    into = tmp_path_factory.mktemp("origin") / "repository"
    clone(ROOT, into)
    git(into, "checkout", "-q", "-B", "main", "HEAD")
    return into


def clone(origin: Path, into: Path) -> None:
    command = ["git", "clone", "-q", "--no-hardlinks", str(origin), str(into)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.slow
def test_two_clones_of_this_repository_give_the_same_bytes(origin: Path, tmp_path: Path) -> None:
    first = cut(origin, tmp_path / "one", {})
    second = cut(
        origin,
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


def cut(origin: Path, place: Path, changed: dict[str, str], umask: int = 0o022) -> Path:
    """Clone and cut with nothing shared but downloads: own user, own key, own build cache."""
    place.mkdir(parents=True)
    checkout = place / "checkout"
    clone(origin, checkout)
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
