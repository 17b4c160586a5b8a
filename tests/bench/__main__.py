"""How fast the toolkit is, as ratios against real peers measured in the same run.

    nox -s bench

Each figure is the median of whole-process runs, ours and the peer's in turn, so a machine whose
speed drifts drifts for both. A limit that does not hold is said and makes the exit code 1; a peer
that can't be installed is named, never left out silently.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Our command against a peer's in one folder; `limit` is the ratio we promise, if any."""

    what: str
    ours: Sequence[str]
    peer: Sequence[str]
    folder: Path
    limit: float | None = None


def main() -> int:
    """Run every race, print a row each, and fail when a promised limit does not hold."""
    with tempfile.TemporaryDirectory() as scratch:
        history = make_history(Path(scratch, "history"))
        peers = install_peers(Path(scratch, "peers"))
        rows = [run(race) for race in races(history, peers)]
    return 0 if all(rows) else 1


def races(history: Path, peers: Path) -> list[Race]:
    """What is measured against what."""
    log = ["git", "log", "--format=%H%x00%B"]
    version = [OURS, "version"]
    fixed = [
        Race(
            what="--help against a bare interpreter",
            ours=[OURS, "--help"],
            peer=[sys.executable, "-c", "pass"],
            folder=history,
            limit=6,
        ),
        Race(
            what=f"version of {COMMITS} commits against git log",
            ours=version,
            peer=log,
            folder=history,
            limit=5,
        ),
    ]
    others = {
        "commitizen": ["cz", "bump", "--dry-run", "--yes", "--get-next"],
        "git-cliff": ["git-cliff", "--bumped-version"],
        "python-semantic-release": ["semantic-release", "--noop", "version", "--print"],
    }
    return fixed + [
        Race(
            what=f"version against {name}",
            ours=version,
            peer=[str(peers / "bin" / command[0]), *command[1:]],
            folder=history,
        )
        for name, command in others.items()
        if (peers / "bin" / command[0]).exists()
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
            sys.stdout.write(f"{peer}: could not be installed; not measured\n")
    return folder


def run(race: Race) -> bool:
    """Run both sides in turn, print the row, and say whether the limit held."""
    ours, peer = [], []
    for _ in range(RUNS):
        ours.append(seconds(race.ours, race.folder))
        peer.append(seconds(race.peer, race.folder))
    ratio = statistics.median(a / b for a, b in zip(ours, peer, strict=True))
    held = race.limit is None or ratio <= race.limit
    promise = f" (at most {race.limit:g}: {'held' if held else 'NOT HELD'})" if race.limit else ""
    sys.stdout.write(
        f"{race.what:<45} {statistics.median(ours) * 1000:7.0f} ms"
        f" / {statistics.median(peer) * 1000:7.0f} ms = {ratio:5.2f}{promise}\n"
    )
    return held


def seconds(command: Sequence[str], folder: Path) -> float:
    """The wall time of one whole process, which must succeed: a failure is quick but no figure."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, env=ENVIRONMENT)
    took = time.perf_counter() - begin
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
    return took


if __name__ == "__main__":
    sys.exit(main())
