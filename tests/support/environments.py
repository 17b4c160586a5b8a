"""Sample environments, installed from their locks, and what is true of them.

The locks are in `tests/interop/environments`; `lock.py` there makes them anew.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.absent import absent
from support.places import ROOT

LOCKS = ROOT / "tests/interop/environments"
NAMES = tuple(sorted(path.stem for path in LOCKS.glob("*.in")))
INTERROGATE = Path(__file__).with_name("interrogate.py")
Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """Components by name and version, and the edges between them by name."""

    components: Pairs
    edges: Pairs


@dataclass(frozen=True, slots=True)
class Score:
    """How much of what was told is true, and how much of the truth was told."""

    precision: float
    recall: float

    @classmethod
    def of(cls, told: Pairs, truth: Pairs) -> Score:
        right = len(told & truth)
        return cls(right / len(told) if told else 1.0, right / len(truth) if truth else 1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """An environment by its name, in a folder where it is or will be installed."""

    name: str
    folder: Path

    @property
    def lock(self) -> Path:
        return LOCKS / f"{self.name}.txt"

    @property
    def roots(self) -> list[str]:
        lines = (LOCKS / f"{self.name}.in").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not line.startswith("#")]

    @property
    def python(self) -> Path:
        return self.folder / "bin/python"

    @property
    def site(self) -> Path:
        (found,) = self.folder.glob("lib/python3.*/site-packages")
        return found

    def install(self) -> Sample:
        """Install it clean, by hashes alone, from wheels alone, by uv, which keeps them."""
        uv = Path(sys.executable).with_name("uv")
        _run([uv, "venv", "--quiet", f"--python={sys.executable}", self.folder])
        flags = ["--no-deps", "--require-hashes", "--only-binary=:all:"]
        _run([uv, "pip", "install", "--quiet", f"--python={self.python}", *flags, "-r", self.lock])
        return self

    def truth(self, *roots: str) -> Facts:
        """What a separate interpreter finds."""
        command = [sys.executable, "-I", str(INTERROGATE), str(self.site), *roots]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout)
        return Facts(
            components=frozenset((name, version) for name, version in found["components"]),
            edges=frozenset((one, other) for one, other in found["edges"]),
        )


def _run(command: list[Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        absent(f"{' '.join(map(str, command))} failed:\n{done.stderr}")


def told(document: Mapping[str, Any]) -> Facts:
    """What a CycloneDX document says of distributions, by whatever tool; nested parts are none."""
    listed = [
        each
        for each in document.get("components", [])
        if str(each.get("purl", "")).startswith("pkg:pypi/")
    ]
    names = {each["bom-ref"]: _plain(each["name"]) for each in listed}
    return Facts(
        components=frozenset((_plain(each["name"]), each.get("version", "")) for each in listed),
        edges=frozenset(
            (names[edge["ref"]], names[target])
            for edge in document.get("dependencies", [])
            for target in edge.get("dependsOn", [])
            if edge["ref"] in names and target in names
        ),
    )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
