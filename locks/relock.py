"""Resolve every lock anew. Hashed requirement files name no host; uv's own lock does: it stays out.

Run by `nox -s lock`. Written whole or not at all.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAIN = ("--no-header", "--no-annotate", "--quiet")
TOOLS = "release/workflow_release/locks"
IMAGES = ("containers/engine.toml", "containers/migrate.toml")


def main() -> int:
    """Write all locks; the exit code of the first tool that fails, else 0."""
    uv = (sys.executable, "-m", "uv")
    run([*uv, "lock", "--quiet", "--upgrade"])
    export(uv, "locks/run.txt", "--no-dev", "--group", "editable")
    export(uv, "locks/dev.txt", "--group", "dev")
    export(uv, "locks/nox.txt", "--only-group", "nox")
    for name in ("build", "node", "go"):
        compile_lock(uv, f"{TOOLS}/{name}.in", f"{TOOLS}/{name}.txt")
    run([sys.executable, "-m", "workflow_containers", "lock", *IMAGES])
    return 0


def export(uv: Sequence[str], lock: str, *groups: str) -> None:
    """One selection of uv's lock as hashed requirements, members left out."""
    write(lock, run([*uv, "export", *PLAIN, "--frozen", "--no-emit-workspace", *groups]))


def compile_lock(uv: Sequence[str], wanted: str, lock: str) -> None:
    """A file of requirements as hashed ones, for every platform."""
    universal = ("--generate-hashes", "--universal", "--python-version", "3.11", "--upgrade")
    write(lock, run([*uv, "pip", "compile", *PLAIN, *universal, wanted]))


def run(command: Sequence[str]) -> bytes:
    """What a command prints; ends the program when it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout


def write(lock: str, content: bytes) -> None:
    """Replace a lock whole."""
    partial = ROOT / f"{lock}.partial"
    partial.write_bytes(content)
    partial.replace(ROOT / lock)
    print(f"{lock}: {content.count(b'==')} packages", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
