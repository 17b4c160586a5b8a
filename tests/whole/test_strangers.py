"""Repositories we never saw, with whatever build backend and layout, are released and verified."""

from __future__ import annotations

import json
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from support.person import User
from support.repositories import BACKENDS, LICENCE, MODULE, commit, git, project

VERSION = "0.1.0-dev.1"


@pytest.mark.parametrize("layout", BACKENDS)
def test_a_python_project_without_any_configuration(
    user: User, tmp_path: Path, layout: str
) -> None:
    repository = commit(tmp_path / "r", {**BACKENDS[layout], "LICENSE": LICENCE})
    folder = user.cut(repository)
    assert {path.name for path in folder.iterdir()} == {
        "thing-0.1.0.dev1.tar.gz",
        "thing-0.1.0.dev1.tar.gz.cdx.json",
        "thing-0.1.0.dev1-py3-none-any.whl",
        "thing-0.1.0.dev1-py3-none-any.whl.cdx.json",
        "thing-0.1.0-dev.1.cdx.json",
        "SHA256SUMS",
        "provenance.sigstore.json",
        "release.json",
        "release.json.sigstore.json",
    }
    checked = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, check=False)
    assert checked.returncode == 0
    with zipfile.ZipFile(folder / "thing-0.1.0.dev1-py3-none-any.whl") as wheel:
        assert wheel.testzip() is None
        assert "thing/__init__.py" in wheel.namelist()


def test_a_stable_release_of_a_tag(user: User, tmp_path: Path) -> None:
    repository = commit(tmp_path / "r", {**BACKENDS["hatchling, flat"], "LICENSE": LICENCE})
    git(repository, "tag", "v1.4.0")
    folder = user.cut(repository, "--tag", "v1.4.0")
    assert folder.name == "1.4.0"
    assert (folder / "thing-1.4.0-py3-none-any.whl").exists()
    other = user.run("cut", "-C", str(repository), "--tag", "v2.0.0")
    assert other.code != 0
    assert "v2.0.0" in other.err


def test_a_stable_release_without_a_licence_is_refused_a_pre_release_is_not(
    user: User, tmp_path: Path
) -> None:
    files = dict(BACKENDS["hatchling, flat"])
    files["pyproject.toml"] = files["pyproject.toml"].replace('license-files = ["LICENSE"]\n', "")
    repository = commit(tmp_path / "r", files)
    user.cut(repository)
    git(repository, "tag", "v1.0.0")
    refused = user.run("cut", "-C", str(repository))
    assert refused.code == 9
    assert "licence" in refused.err
    assert not (repository / "dist" / "1.0.0").exists()


def test_a_dirty_tree_is_refused_before_anything_is_built(user: User, tmp_path: Path) -> None:
    repository = commit(tmp_path / "r", BACKENDS["hatchling, flat"])
    (repository / "thing" / "__init__.py").write_text("changed = True\n")
    refused = user.run("cut", "-C", str(repository))
    assert refused.code == 9
    assert "clean-tree" in refused.err
    assert not list((repository / "dist").glob("*"))


def test_a_non_semver_tag_is_refused_by_name(user: User, tmp_path: Path) -> None:
    repository = commit(tmp_path / "r", {**BACKENDS["hatchling, flat"], "LICENSE": LICENCE})
    git(repository, "tag", "v0.18.10.1")
    refused = user.run("cut", "-C", str(repository), "--tag", "v0.18.10.1")
    assert refused.code != 0
    assert "v0.18.10.1" in refused.err


def test_a_monorepo_pins_its_members_to_each_other(user: User, tmp_path: Path) -> None:
    def member(name: str, needs: str = "") -> dict[str, str]:
        text = project("hatchling", "hatchling.build", name=name)
        text = text.replace('description = "A thing"', f"dependencies = [{needs}]")
        return {f"{name}/pyproject.toml": text, f"{name}/{name}/__init__.py": MODULE}

    files = {**member("low"), **member("high", '"low"'), "LICENSE": LICENCE}
    folder = user.cut(commit(tmp_path / "mono", files))
    with zipfile.ZipFile(folder / "high-0.1.0.dev1-py3-none-any.whl") as wheel:
        metadata = wheel.read("high-0.1.0.dev1.dist-info/METADATA").decode()
        assert "high-0.1.0.dev1.dist-info/licenses/LICENSE" in wheel.namelist()
    assert "Requires-Dist: low==0.1.0.dev1" in metadata


def test_a_path_dependency_never_leaks_into_what_is_published(user: User, tmp_path: Path) -> None:
    files = dict(BACKENDS["hatchling, flat"])
    files["pyproject.toml"] = files["pyproject.toml"].replace(
        'description = "A thing"', 'dependencies = ["other @ file:///srv/other"]'
    )
    files["pyproject.toml"] += "[tool.hatch.metadata]\nallow-direct-references = true\n"
    refused = user.run("cut", "-C", str(commit(tmp_path / "r", files)))
    assert refused.code == 9
    assert "file:///srv/other" in refused.err


GO_MAIN = """package main

import "fmt"

var version = "0.0.0"

func main() { fmt.Println(version) }
"""


def test_a_go_module_is_cross_compiled_with_its_version(user: User, tmp_path: Path) -> None:
    files = {
        "go.mod": "module example.org/tool\n\ngo 1.21\n",
        "main.go": GO_MAIN,
        "LICENSE": LICENCE,
        "release.toml": '[[artifact]]\nkind = "go"\nname = "tool"\ncheck = ["--version"]\n'
        'platforms = ["linux/amd64", "linux/arm64", "windows/amd64"]\n',
    }
    folder = user.cut(commit(tmp_path / "r", files))
    names = {path.name for path in folder.iterdir() if not path.name.endswith(".json")}
    assert names == {
        f"tool-{VERSION}-linux-amd64",
        f"tool-{VERSION}-linux-arm64",
        f"tool-{VERSION}-windows-amd64.exe",
        "SHA256SUMS",
    }


UI_BUILD = """
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
mkdirSync("dist/assets", { recursive: true });
writeFileSync("dist/index.html", "<!doctype html><script src=assets/a.js></script>");
writeFileSync("dist/assets/a.js", readFileSync("a.js"));
writeFileSync("dist/assets/a.css", "body { margin: 0 }");
"""


def test_an_npm_interface(user: User, tmp_path: Path) -> None:
    package = {"name": "ui", "version": "0.0.0", "scripts": {"build": "node build.mjs"}}
    lock = {
        "name": "ui",
        "version": "0.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": {"name": "ui", "version": "0.0.0"}},
    }
    files = {
        "package.json": json.dumps(package),
        "package-lock.json": json.dumps(lock),
        "build.mjs": UI_BUILD,
        "a.js": "document.body.textContent = 'hello'",
        "LICENSE": LICENCE,
    }
    folder = user.cut(commit(tmp_path / "r", files))
    with tarfile.open(folder / f"ui-{VERSION}.tar.gz") as archive:
        assert archive.getnames() == [
            "dist",
            "dist/assets",
            "dist/assets/a.css",
            "dist/assets/a.js",
            "dist/index.html",
            "dist/version.json",
        ]


def test_nothing_to_release_is_an_error_with_a_remedy(user: User, tmp_path: Path) -> None:
    refused = user.run("cut", "-C", str(commit(tmp_path / "r", {"README.md": "hello"})))
    assert refused.code == 6
    assert "remedy:" in refused.err
