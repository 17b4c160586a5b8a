"""Workshops for tests: a real repository and cache, and tools that are scripts."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from support.git_repository import GitRepository
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.building.cache import Cache
from workflow_release.building.staging import read_tree
from workflow_release.machine.host import Host
from workflow_release.machine.run import run
from workflow_release.model import Artifact, Plan, Recipe
from workflow_release.source import Source
from workflow_release.version import Version
from workflow_sbom.digest import Digest

VERSION = "1.2.3-dev.4"
NO_BACKENDS = LockFile(name="locks/none.txt", content=b"")
COMMITTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(slots=True)
class Told:
    """Progress as it was told; implements `Progress`."""

    events: list[tuple[str, str]] = field(default_factory=list)

    def expect(self, tasks: int) -> None:
        self.events.append(("expect", str(tasks)))

    def started(self, task: str) -> None:
        self.events.append(("started", task))

    def finished(self, task: str, *, reused: bool) -> None:
        self.events.append(("reused" if reused else "made", task))

    def failed(self, task: str, log: Path | None) -> None:
        self.events.append(("failed", task))

    def skipped(self, task: str, because: str) -> None:
        self.events.append(("skipped", f"{task} because of {because}"))

    def note(self, text: str) -> None:
        self.events.append(("note", text))

    def which(self, kind: str) -> set[str]:
        return {task for each, task in self.events if each == kind}


@dataclass(slots=True)
class Bench:
    """A machine to build on: its cache, its home, and the programs on its PATH."""

    scratch: Path
    backends: LockFile = NO_BACKENDS
    told: Told = field(default_factory=Told)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def programs(self) -> Path:
        return self.scratch / "programs"

    def program(self, name: str, script: str) -> None:
        """Put a shell script on the PATH, before everything else."""
        self.programs.mkdir(parents=True, exist_ok=True)
        (self.programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.programs / name).chmod(0o755)

    def workshop(
        self, repository: GitRepository, *recipes: Recipe, version: str = VERSION
    ) -> Workshop:
        """A workshop for the repository's commit; its progress starts anew."""
        self.told = Told()
        commit = repository.git("rev-parse", "HEAD")
        for name in ("home", "cache"):
            (self.scratch / name).mkdir(parents=True, exist_ok=True)
        path = f"{self.programs}:{os.environ['PATH']}"
        return Workshop(
            plan=plan(commit, recipes, version),
            repository=repository.reader(),
            tree=read_tree(repository.reader(), commit),
            host=Host(
                environment={**os.environ, **self.environment, "PATH": path},
                home=self.scratch / "home",
                cache=self.scratch / "cache",
                config=self.scratch / "config",
                python=Path(sys.executable),
                processors=2,
            ),
            run=run,
            cache=Cache(self.scratch / "cache"),
            progress=self.told,
            backends=self.backends,
            toolkit=Digest.of(b"toolkit"),
        )


def plan(commit: str, recipes: tuple[Recipe, ...], version: str = VERSION) -> Plan:
    """A plan of these recipes and nothing else."""
    return Plan(
        name="thing",
        version=Version.parse(version),
        source=Source(
            commit=commit,
            committed_at=COMMITTED,
            tag=None,
            refused_tags=(),
            branch="main",
            on_main=True,
            clean=True,
            repository=None,
        ),
        previous=None,
        released=(),
        changes=(),
        recipes=recipes,
        targets=(),
    )


def named(artifacts: tuple[Artifact, ...]) -> dict[str, Path]:
    """Where the artifacts are, by name."""
    return {artifact.name: artifact.path for artifact in artifacts}


GO = """\
case "$1" in
version) echo "go version go1.30.1 linux/amd64"; exit ;;
esac
echo "go $*" > "$SAID"
env | sort >> "$SAID"
for word in "$@"; do
  [ "$before" = -o ] && out="$word"
  before="$word"
done
if [ -f fail ]; then
  printf 'first line\\n\\033[31mcannot\\a compile\\033[0m\\rprogress\\n'
  exit 2
fi
cat main.go > "$out"
"""
"""A compiler that copies; `SAID` is where it writes what it was told."""

BACKEND = '''\
"""A build backend inside the project, as PEP 517 allows: it needs no package."""
import io, os, tarfile, tomllib, zipfile
from pathlib import Path

PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
NAME = f"{PROJECT['name']}-{PROJECT['version']}"


def build_sdist(folder, config_settings=None):
    print("making the sdist")
    with tarfile.open(Path(folder, f"{NAME}.tar.gz"), "w:gz") as tar:
        tar.addfile(_info(f"{NAME}/PKG-INFO", b"x"), io.BytesIO(b"x"))
        for path in Path().rglob("*"):
            if path.is_file():
                tar.add(path, f"{NAME}/{path}")
    return f"{NAME}.tar.gz"


def _info(name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info


def build_wheel(folder, config_settings=None, metadata_directory=None):
    print("making the wheel")
    name = f"{NAME}-{PROJECT.get('x-tag', 'py3-none-any')}.whl"
    with zipfile.ZipFile(Path(folder, name), "w") as wheel:
        for path in Path().rglob("*.py"):
            wheel.write(path, str(path))
        wheel.writestr("environment", "\\n".join(sorted(map("=".join, os.environ.items()))))
        metadata = f"Name: {PROJECT['name']}\\nVersion: {PROJECT['version']}\\n"
        wheel.writestr(f"{NAME}.dist-info/METADATA", metadata)
        wheel.writestr(f"{NAME}.dist-info/RECORD", "")
    return name
'''
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "thing"
version = "0.0.0"
"""
PROJECT = {"thing/pyproject.toml": PYPROJECT, "thing/backend.py": BACKEND}
