"""A repository we never saw, with a wheel and a definition: to an image, and to the next one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.absent import absent
from support.outcome import Outcome
from support.repositories import git
from workflow_containers.host import native_platform
from workflow_containers.inspecting import rootless

COMMAND = str(Path(sys.executable).parent / "workflow-containers")
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "greet"
version = "1.4.0"
dependencies = ["iniconfig>=2"]
"""
MODULE = "import iniconfig\nprint('hello,', iniconfig.IniConfig('x', '[a]')['a'].name)\n"
DEFINITION = """\
name = "greet"
suite = "trixie"
python = "3.13"
lock = "images/debian.lock.json"
requirements = "images/greet.txt"
packages = [
    "base-files", "gcc-14-base", "libbz2-1.0", "libc6", "libexpat1", "libffi8", "libgcc-s1",
    "liblzma5", "libpython3.13-minimal", "libpython3.13-stdlib", "libsqlite3-0", "libssl3t64",
    "libuuid1", "libzstd1", "media-types", "netbase", "python3.13-minimal", "tzdata", "zlib1g",
]
exclude = [
    "usr/lib/python3.13/lib-dynload/_curses*",
    "usr/lib/python3.13/lib-dynload/_dbm.*",
    "usr/lib/python3.13/lib-dynload/readline.*",
]
entrypoint = ["/usr/bin/python3", "-m", "greet"]

[[wheels]]
name = "greet"
project = "."
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody with a repository and a store of images."""

    repository: Path
    store: Path

    def run(self, *words: str) -> Outcome:
        done = subprocess.run(
            [COMMAND, *words], cwd=self.repository, capture_output=True, text=True, check=False,
            timeout=900,
            env={**os.environ, "WORKFLOW_CONTAINERS_STORE": str(self.store), "NO_COLOR": "1"},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)

    def wheel(self) -> None:
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        subprocess.run(
            [*pip, "--no-build-isolation", "--wheel-dir", "dist", "."], cwd=self.repository,
            check=True, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        )  # fmt: skip

    def write(self, name: str, text: str) -> None:
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    if not shutil.which("apt-get"):
        absent("no apt-get, which locks Debian packages")
    folder = tmp_path_factory.mktemp("stranger")
    person = Stranger(repository=folder / "greet", store=folder / "store")
    person.write("pyproject.toml", PYPROJECT)
    person.write("greet/__init__.py", "")
    person.write("greet/__main__.py", MODULE)
    person.write("images/greet.toml", DEFINITION)
    person.write(".gitignore", "dist/\nbuild/\n")
    git(person.repository, "init", "--quiet", "--initial-branch=main")
    return person


@pytest.mark.slow
def test_from_a_wheel_to_an_image_and_to_the_next_one(stranger: Stranger) -> None:
    unlocked = stranger.run("build", "images/greet.toml", "--created", "2026-03-04T05:06:07Z")
    assert (unlocked.code, unlocked.out) == (21, "")
    assert "no wheel of 'greet' was given" in unlocked.err
    stranger.wheel()
    unlocked = stranger.run("build", "images/greet.toml", "--created", "2026-03-04T05:06:07Z")
    assert "no such lock (run workflow-containers lock)" in unlocked.err

    locked = stranger.run("lock", "images/greet.toml")
    assert locked.code == 0, locked.err
    git(stranger.repository, "add", ".")
    git(stranger.repository, "commit", "--quiet", "--message", "greet")
    built = stranger.run("build", "images/greet.toml")
    assert built.code == 0, built.err
    first = Path(built.out.splitlines()[-1])
    assert first == stranger.repository / "dist/greet-1.4.0.oci.tar"

    told = stranger.run("inspect", str(first)).out
    assert "runs     /usr/bin/python3 -m greet" in told
    assert "greet                  1.4.0" in told
    if (platform := native_platform()) is not None:
        argv = ["/usr/bin/python3", "-m", "greet"]
        assert rootless.run(first, platform, argv, store=stranger.store) == (0, b"hello, a\n")

    kept = first.rename(first.with_name("kept.oci.tar"))
    assert stranger.run("build", "images/greet.toml").code == 0
    same = stranger.run("diff", str(kept), str(first))
    assert (same.code, same.out.splitlines()[0]) == (0, "the same image")

    stranger.write("pyproject.toml", PYPROJECT.replace("1.4.0", "1.5.0"))
    stranger.write("greet/__main__.py", MODULE.replace("hello", "good day"))
    stranger.write("images/greet.toml", DEFINITION.replace('"netbase", ', ""))
    for old in (stranger.repository / "dist").glob("*.whl"):
        old.unlink()
    stranger.wheel()
    git(stranger.repository, "commit", "--quiet", "--all", "--message", "politer")
    again = stranger.run("build", "images/greet.toml")
    assert again.code == 0, again.err
    differ = stranger.run("diff", str(kept), again.out.splitlines()[-1])
    assert differ.code == 1
    assert "  wheel greet 1.4.0 → 1.5.0: 2 files changed, " in differ.out
    assert "  package netbase " in differ.out
    assert "label org.opencontainers.image.version: 1.4.0 → 1.5.0" in differ.out
