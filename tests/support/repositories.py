"""Git repositories made on the fly, with a fixed identity and date."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
LICENCE = "Permission is granted to everybody, for everything.\n"


PROJECT = """
[project]
name = "{name}"
version = "{version}"
requires-python = ">=3.11"
license = "MIT"
license-files = ["LICENSE"]
description = "A thing"

[build-system]
requires = ["{requires}"]
build-backend = "{backend}"
"""
MODULE = '"""A thing."""\n\n__version__ = "0.0.0"\n'


def project(requires: str, backend: str, name: str = "thing", version: str = "0.0.0") -> str:
    return PROJECT.format(name=name, version=version, requires=requires, backend=backend)


BACKENDS: dict[str, Mapping[str, str]] = {
    "hatchling, flat": {
        "pyproject.toml": project("hatchling", "hatchling.build"),
        "thing/__init__.py": MODULE,
    },
    "hatchling, src": {
        "pyproject.toml": project("hatchling", "hatchling.build"),
        "src/thing/__init__.py": MODULE,
    },
    "setuptools, flat": {
        "pyproject.toml": project("setuptools>=77", "setuptools.build_meta"),
        "thing/__init__.py": MODULE,
    },
    "setuptools, src, version by attribute": {
        "pyproject.toml": project("setuptools>=77", "setuptools.build_meta").replace(
            'version = "0.0.0"', 'dynamic = ["version"]'
        )
        + '[tool.setuptools.dynamic]\nversion = {attr = "thing.__version__"}\n',
        "src/thing/__init__.py": MODULE,
    },
    "flit": {
        "pyproject.toml": project("flit_core>=3.12", "flit_core.buildapi").replace(
            'version = "0.0.0"', 'dynamic = ["version"]'
        ),
        "thing/__init__.py": MODULE,
    },
    "uv_build": {
        "pyproject.toml": project("uv_build", "uv_build"),
        "src/thing/__init__.py": MODULE,
    },
    "setuptools-scm": {
        "pyproject.toml": project("setuptools-scm>=8", "setuptools.build_meta").replace(
            'version = "0.0.0"', 'dynamic = ["version"]'
        )
        + "[tool.setuptools_scm]\n",
        "thing/__init__.py": MODULE,
    },
    "hatch-vcs": {
        "pyproject.toml": project("hatch-vcs", "hatchling.build").replace(
            'version = "0.0.0"', 'dynamic = ["version"]'
        )
        + '[tool.hatch.version]\nsource = "vcs"\n',
        "thing/__init__.py": MODULE,
    },
}


def commit(repository: Path, files: Mapping[str, str], message: str = "feat: first") -> Path:
    """Write files and commit them; the repository is made when it is not there."""
    repository.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not (repository / ".git").exists():
        git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", message)
    return repository


def git(repository: Path, *words: str) -> None:
    """Run git there with a fixed identity and date."""
    env = {**os.environ, **IDENTITY}
    subprocess.run(["git", *words], cwd=repository, env=env, check=True, capture_output=True)


def head_as_main(checkout: Path, into: Path) -> Path:
    """A clone of a checkout's HEAD as a main branch, whatever is committed meanwhile."""
    command = ["git", "clone", "-q", "--no-hardlinks", str(checkout), str(into)]
    subprocess.run(command, check=True, capture_output=True)
    git(into, "checkout", "-q", "-B", "main", "HEAD")
    return into
