"""A machine with Python and git only: Node and npm come from the package index, by hash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from support.person import User
from support.repositories import LICENCE, commit

NEEDED = ("git", "sh", "env", "uname", "sleep", "cat", "dirname", "sed", "basename")
BUILD = """
import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist", { recursive: true });
writeFileSync("dist/index.html", `<!doctype html><p>${Object.keys(process.env).sort()}</p>`);
writeFileSync("dist/node.txt", process.execPath);
"""
SECRETS = {
    "GITHUB_TOKEN": "ghs-verysecret",
    "AWS_SECRET_ACCESS_KEY": "aws-verysecret",
    "NPM_TOKEN": "npm-verysecret",
    "npm_config_//registry.example/:_authToken": "auth-verysecret",
}


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with what a small Debian has, and no Node."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found is not None, name
        (folder / name).symlink_to(found)
    return str(folder)


@pytest.mark.slow
def test_an_interface_is_built_by_the_node_of_the_lock(
    user: User, tmp_path: Path, bare_path: str
) -> None:
    package = {"name": "ui", "version": "0.0.0", "scripts": {"build": "node build.mjs"}}
    lock = {"name": "ui", "version": "0.0.0", "lockfileVersion": 3, "packages": {"": package}}
    files = {
        "package.json": json.dumps(package),
        "package-lock.json": json.dumps(lock),
        "build.mjs": BUILD,
        "LICENSE": LICENCE,
    }
    repository = commit(tmp_path / "r", files)
    assert subprocess.run(["env", "node"], env={"PATH": bare_path}, check=False).returncode == 127
    made = user.run("build", "-C", str(repository), "--json", env={"PATH": bare_path, **SECRETS})
    assert made.code == 0, made.err
    with tarfile.open(json.loads(made.out)[0]["file"]) as archive:
        page = archive.extractfile("dist/index.html")
        node = archive.extractfile("dist/node.txt")
        assert page is not None
        assert node is not None
        seen, program = page.read().decode(), node.read().decode()
    assert program.startswith(str(user.cache))
    assert "SOURCE_DATE_EPOCH" in seen
    assert not any(name in seen for name in SECRETS)
    for log in (user.cache / "logs").rglob("*.log"):
        assert "verysecret" not in log.read_text(errors="replace")


def test_the_command_itself_needs_no_node(user: User, tmp_path: Path, bare_path: str) -> None:
    files = {"pyproject.toml": '[project]\nname = "x"\nversion = "0.0.0"\n'}
    repository = commit(tmp_path / "r", files)
    env = {"PATH": bare_path, "CI": os.environ.get("CI", "")}
    assert user.run("plan", "-C", str(repository), env=env).code == 0
