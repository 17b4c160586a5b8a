"""The version of a long history, against the tools that read one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.contest import Contest, Side, hold, say

BIN = Path(sys.executable).parent
OURS = str(BIN / "workflow-release")
COMMITS = 2000
# Bytecode is cached, as it is for whoever installed the command; a container may forbid that.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
RUNS = 11
# A subject and three sentences: what people who write down why they changed something write.
WHY = """The cache kept an entry whose maker was killed half-way, so the next run took a file that
was cut short for the artifact and signed it. Entries are renamed into place now, and what a
killed run leaves behind is swept by the next one. Seen once in CI, when a runner was evicted.
"""
PEERS = ("commitizen", "git-cliff", "python-semantic-release")


def main() -> bool:
    """Every row; whether all limits held."""
    with tempfile.TemporaryDirectory() as scratch:
        history = make_history(Path(scratch, "history"))
        peers = install_peers(Path(scratch, "peers"))
        held = [hold(contest, RUNS) for contest in contests(history, peers)]
    return all(held)


def contests(history: Path, peers: Path) -> list[Contest]:
    """What is measured against what."""

    def side(*command: str) -> Side:
        return Side(commands=[command], folder=history, environment=ENVIRONMENT)

    version = side(OURS, "version")
    others = {
        "commitizen": ["cz", "bump", "--dry-run", "--yes", "--get-next"],
        "git-cliff": ["git-cliff", "--bumped-version"],
        "python-semantic-release": ["semantic-release", "--noop", "version", "--print"],
    }
    return [
        Contest(
            what="--help against a bare interpreter",
            ours=side(OURS, "--help"),
            peer=side(sys.executable, "-c", "pass"),
            limit=6,
        ),
        Contest(
            what=f"version of {COMMITS} commits against git log",
            ours=version,
            peer=side("git", "log", "--format=%H%x00%B"),
            limit=5,
        ),
        *(
            Contest(
                what=f"version against {name}",
                ours=version,
                peer=side(str(peers / "bin" / command[0]), *command[1:]),
            )
            for name, command in others.items()
            if (peers / "bin" / command[0]).exists()
        ),
    ]


def make_history(folder: Path) -> Path:
    """A repository of 2,000 commits with a tag each hundred, by git fast-import."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    stream = []
    for at in range(COMMITS):
        message = f"{'feat' if at % 7 == 0 else 'fix'}: change number {at}\n\n{WHY}"
        content = f"{at}\n"
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@example.org> {1700000000 + at} +0000\n"
            f"data {len(message)}\n{message}M 644 inline file\ndata {len(content)}\n{content}\n"
        )
        if at % 100 == 50:
            stream.append(f"reset refs/tags/v0.{at // 100 + 1}.0\nfrom refs/heads/main\n\n")
    project = (
        '[project]\nname = "history"\nversion = "0.0.0"\n'
        '[tool.commitizen]\nversion_provider = "scm"\ntag_format = "v$version"\n'
    )
    stream.append(
        "commit refs/heads/main\ncommitter A <a@example.org> 1800000000 +0000\n"
        "data 10\nfix: last\n\n"
        f"M 644 inline pyproject.toml\ndata {len(project)}\n{project}\n"
    )
    subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet"],
        input="".join(stream).encode(),
        check=True,
    )
    address = "https://example.org/owner/name.git"
    for words in (["checkout", "-q", "main"], ["remote", "add", "origin", address]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    return folder


def install_peers(folder: Path) -> Path:
    """The peers from the package index, in an environment of their own."""
    subprocess.run([sys.executable, "-m", "virtualenv", "-q", str(folder)], check=True)
    for peer in PEERS:
        done = subprocess.run(
            [str(folder / "bin/python"), "-m", "pip", "install", "-q", peer], check=False
        )
        if done.returncode:
            say(f"{peer}: could not be installed; not measured")
    return folder
