"""Go programs: what the compiler is told, which one is taken, and real bytes if there is one."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from support.workshops import GO, Bench
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_release.building.build import build
from workflow_release.errors import BuildError
from workflow_release.model import GoBinary, Lock
from workflow_sbom.digest import Digest

TOOL = GoBinary(
    name="tool",
    project=PurePosixPath("tool"),
    package="./cmd/tool",
    variable="main.version",
    platform=ARM64,
)
MAIN = """\
package main

import "fmt"

var version = "none"

func main() { fmt.Println(version) }
"""
MODULE = {"tool/go.mod": "module example.org/tool\n\ngo 1.21\n", "tool/cmd/tool/main.go": MAIN}


@pytest.fixture
def said(tmp_path: Path) -> Path:
    return tmp_path / "said"


@pytest.fixture
def bench(tmp_path: Path, said: Path) -> Bench:
    made = Bench(scratch=tmp_path / "bench")
    made.program("go", f"SAID={said}\n{GO.replace('main.go', 'go.mod')}")
    return made


def test_what_the_compiler_is_told(bench: Bench, repository: GitRepository, said: Path) -> None:
    bench.environment = {
        "GOFLAGS": "-race",
        "GOPROXY": "https://proxy.example.org",
        "GITHUB_TOKEN": "secret",
        "CGO_ENABLED": "1",
        "GOEXPERIMENT": "x",
    }
    repository.commit("feat: x", **MODULE)
    (artifact,) = build(bench.workshop(repository, TOOL))
    command, *rest = said.read_text().splitlines()
    before, _, after = command.partition(" -o ")
    assert before == (
        "go build -trimpath -buildvcs=false -mod=readonly"
        " -ldflags=-s -w -buildid= -X main.version=1.2.3-dev.4"
    )
    assert after.endswith(" -- ./cmd/tool")
    seen = dict(line.split("=", 1) for line in rest if "=" in line)
    expected = {
        "GOOS": "linux",
        "GOARCH": "arm64",
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOENV": "off",
        "GOWORK": "off",
        "GOFLAGS": "-modcacherw",
        "GOPROXY": "https://proxy.example.org",
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert not {"GITHUB_TOKEN", "GOEXPERIMENT"} & seen.keys()
    assert artifact.platforms == (ARM64,)
    assert artifact.name == "tool-1.2.3-dev.4-linux-arm64"
    assert artifact.locks == ()


def test_a_module_with_vendored_packages_uses_them(
    bench: Bench, repository: GitRepository, said: Path
) -> None:
    repository.commit("feat: x", **MODULE, **{"tool/vendor/modules.txt": ""})
    build(bench.workshop(repository, TOOL))
    assert "-mod=vendor" in said.read_text().splitlines()[0]


def test_the_sums_are_its_lock(bench: Bench, repository: GitRepository) -> None:
    repository.commit("feat: x", **MODULE, **{"tool/go.sum": "sums\n"})
    (artifact,) = build(bench.workshop(repository, TOOL))
    assert artifact.locks == (Lock(name="tool/go.sum", digest=Digest.of(b"sums\n")),)


def test_another_compiler_builds_again(bench: Bench, repository: GitRepository) -> None:
    repository.commit("feat: x", **MODULE)
    build(bench.workshop(repository, TOOL))
    script = (bench.programs / "go").read_text().replace("go1.30.1", "go1.30.2")
    (bench.programs / "go").write_text(script)
    build(bench.workshop(repository, TOOL))
    assert bench.told.which("made") == {TOOL.id}


@pytest.mark.parametrize("line", ["go 1.31", "go 1.30.2", "go 1.99.0"])
def test_an_older_compiler_is_not_taken(bench: Bench, repository: GitRepository, line: str) -> None:
    bench.program("python", "exit 1")
    repository.commit("feat: x", **MODULE, **{"README.md": line})
    repository.commit("feat: y", **{"tool/go.mod": f"module example.org/tool\n\n{line}\n"})
    shop = bench.workshop(repository, TOOL)
    shop = replace(shop, host=replace(shop.host, python=bench.programs / "python"))
    with pytest.raises(BuildError, match="venv"):
        build(shop)
    assert any("go.txt by its hashes" in note for note in bench.told.which("note"))


def test_a_program_that_does_not_compile_is_told(bench: Bench, repository: GitRepository) -> None:
    repository.commit("feat: x", **MODULE, **{"tool/fail": ""})
    with pytest.raises(BuildError, match="`go build` failed with exit code 2"):
        build(bench.workshop(repository, TOOL))


def _real(tmp_path: Path, name: str) -> Bench:
    if shutil.which("go") is None:
        if os.environ.get("CI"):
            pytest.fail("no Go on this machine")
        pytest.skip("no Go on this machine")
    return Bench(scratch=tmp_path / name)


@pytest.mark.parametrize(
    ("platform", "magic"),
    [
        (AMD64, b"\x7fELF"),
        (Platform("windows", "amd64"), b"MZ"),
        (Platform("darwin", "arm64"), b"\xcf\xfa\xed\xfe"),
    ],
)
@pytest.mark.slow
def test_a_real_compiler_gives_the_same_bytes_at_another_place(
    tmp_path: Path, repository: GitRepository, platform: Platform, magic: bytes
) -> None:
    repository.commit("feat: x", **MODULE)
    recipe = replace(TOOL, platform=platform)
    (one,) = build(_real(tmp_path, "one").workshop(repository, recipe))
    repository.write("untracked", "")
    (other,) = build(_real(tmp_path, "further/away").workshop(repository, recipe))
    content = one.path.read_bytes()
    assert content.startswith(magic)
    assert one.digest == other.digest
    assert b"1.2.3-dev.4" in content
    assert str(tmp_path).encode() not in content
    assert one.name.endswith(".exe") == (platform.os == "windows")
