#!/usr/bin/env python3
"""From Python and git to a nox session: nothing installed before, nothing touched but .nox.

    python3 bootstrap.py release

makes a virtual environment in .nox/bootstrap, installs nox there from locks/nox.txt by hash, and
runs the session. Works where the system's pip is externally managed (PEP 668) and where Debian left
out ensurepip. Standard library only; Python 3.11 or newer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".nox" / "bootstrap"
LOCK = ROOT / "locks" / "nox.txt"
PYTHON = HOME / "bin" / "python"


def main(sessions: list[str]) -> int:
    """Run nox sessions; the exit code is nox's."""
    if sys.version_info < (3, 11):
        return fail(f"Python {sys.version.split()[0]} is too old", "run it with 3.11 or newer")
    if shutil.which("git") is None:
        return fail("git is missing", "install git")
    wanted, extra = split(sessions)
    if not wanted:
        print(__doc__)
        return 2
    if (problem := install()) is not None:
        return problem
    return subprocess.run(nox(wanted, extra), cwd=ROOT, check=False).returncode


def nox(sessions: list[str], extra: list[str]) -> list[str]:
    """The command for these sessions: one -s, for nox forgets all but the last of several."""
    noxfile = str(ROOT / "noxfile.py")
    return [str(PYTHON), "-m", "nox", "--noxfile", noxfile, "-s", *sessions, *extra]


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """Session names, and what follows `--` for the session itself."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at:]


def install() -> int | None:
    """Make the environment unless it is there for this lock and this Python."""
    seen = LOCK.read_bytes() + sys.version.encode() + os.fsencode(sys.base_prefix)
    state, stamp = hashlib.sha256(seen).hexdigest(), HOME / ".installed"
    if stamp.exists() and stamp.read_text() == state:
        return None
    print("setting up nox, once …", file=sys.stderr)
    venv.EnvBuilder(clear=True, symlinks=True).create(HOME)
    with tempfile.TemporaryDirectory() as scratch:
        pip = find_pip(Path(scratch))
        if pip is None:
            return fail("no pip to begin with", "install python3-pip or python3-venv")
        hashed = ["install", "--quiet", "--require-hashes", "--no-deps", "-r", str(LOCK)]
        done = subprocess.run([*pip, *hashed], check=False)
    if done.returncode == 0:
        stamp.write_text(state)
        return None
    return fail("nox could not be installed", "check that the package index can be reached")


def find_pip(scratch: Path) -> list[str] | None:
    """A pip that installs into the environment: ensurepip's, the system's, or Debian's package."""
    environment_pip = [str(PYTHON), "-m", "pip"]
    if works([str(PYTHON), "-m", "ensurepip"]) and works([*environment_pip, "--version"]):
        return environment_pip
    system_pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if works([*system_pip, "--version"]):
        return system_pip
    return debian_pip(scratch)


def debian_pip(scratch: Path) -> list[str] | None:
    """The pip wheel of Debian's python3-pip-whl, fetched as any user may; a wheel of pip runs."""
    if shutil.which("apt-get") is None or not works(
        ["apt-get", "download", "python3-pip-whl"], scratch
    ):
        return None
    for package in scratch.glob("*.deb"):
        unpack_data(package, scratch)
    wheels = sorted(scratch.glob("usr/share/python-wheels/pip-*.whl"))
    return [str(PYTHON), f"{wheels[-1]}/pip"] if wheels else None


def unpack_data(package: Path, into: Path) -> None:
    """Unpack the data member of a .deb: an ar archive of 60-byte headers (deb(5))."""
    with package.open("rb") as stream:
        stream.seek(8)
        while header := stream.read(60):
            name, size = header[:16].decode().strip(" /"), int(header[48:58])
            if name.startswith("data.tar"):
                with tarfile.open(fileobj=stream, mode="r|*") as data:
                    data.extractall(into, filter="data")
                return
            stream.seek(size + size % 2, os.SEEK_CUR)


def works(command: list[str], cwd: Path = ROOT) -> bool:
    """Whether a command succeeds."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def fail(what: str, remedy: str) -> int:
    """Say what is wrong and how to mend it."""
    print(f"error: {what}\nremedy: {remedy}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
