"""A person's desk: commands run in this process, with real programs, a home and a cache of its own;
and a project that builds without anything from outside."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from support.outcome import Outcome
from workflow_release.cli import parse
from workflow_release.commands.interface import Shell
from workflow_release.machine.host import Host
from workflow_release.machine.run import Run, run
from workflow_sbom.terminal.console import Console

BACKEND = '''\
"""A build backend inside the project, as PEP 517 allows: it needs no package."""
import base64, hashlib, io, tarfile, tomllib, zipfile
from pathlib import Path

PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
NAME = f"{PROJECT['name']}-{PROJECT['version']}"
METADATA = f"""Metadata-Version: 2.4
Name: {PROJECT['name']}
Version: {PROJECT['version']}
License-Expression: MIT
License-File: LICENSE
"""


def build_sdist(folder, config_settings=None):
    with tarfile.open(Path(folder, f"{NAME}.tar.gz"), "w:gz") as tar:
        for path in Path().rglob("*"):
            if path.is_file() and path.name != "PKG-INFO":
                tar.add(path, f"{NAME}/{path}")
        info = tarfile.TarInfo(f"{NAME}/PKG-INFO")
        info.size = len(METADATA)
        tar.addfile(info, io.BytesIO(METADATA.encode()))
    return f"{NAME}.tar.gz"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = f"{NAME}.dist-info"
    tags = "Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files = {
        "thing.py": Path("thing.py").read_bytes(),
        f"{info}/licenses/LICENSE": Path("LICENSE").read_bytes(),
        f"{info}/METADATA": METADATA.encode(),
        f"{info}/WHEEL": tags.encode(),
    }
    rows = "".join(f"{name},sha256={_hash(data)},{len(data)}\\n" for name, data in files.items())
    with zipfile.ZipFile(Path(folder, f"{NAME}-py3-none-any.whl"), "w") as wheel:
        for name, data in (files | {f"{info}/RECORD": f"{rows}{info}/RECORD,,\\n"}).items():
            wheel.writestr(name, data)
    return f"{NAME}-py3-none-any.whl"


def _hash(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
'''
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "thing"
version = "0.0.0"
license = "MIT"
license-files = ["LICENSE"]
"""
PROJECT: Mapping[str, str] = {
    "pyproject.toml": PYPROJECT,
    "backend.py": BACKEND,
    "thing.py": '__version__ = "0.0.0"\n',
    "LICENSE": "Permission is granted to everybody, for everything.\n",
    "locks/none.txt": "# the backend is in the tree\n",
    "release.toml": '[build]\nlock = "locks/none.txt"\n',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where a person works: `folder` is the checkout, `scratch` holds home and cache."""

    folder: Path
    scratch: Path
    runner: Run = run
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> Host:
        return Host(
            environment={"PATH": os.environ["PATH"], **self.environment},
            home=self.scratch,
            cache=self.scratch / "cache",
            config=self.scratch / "config",
            python=Path(sys.executable),
            processors=2,
        )

    def run(self, name: str, *words: str) -> Outcome:
        """Run a command in the checkout; raises its `ReleaseError`."""
        out, err = io.StringIO(), io.StringIO()
        console = Console(out=out, err=err, colour=False, live=False)
        asked = parse([name, "-C", str(self.folder), *words])
        module = import_module(f"workflow_release.commands.{name}")
        code = module.run(asked, Shell(console=console, host=self.host, run=self.runner))
        return Outcome(code=code, out=out.getvalue(), err=err.getvalue())


def everything_below(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder: its time of change in nanoseconds, and its bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
