from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.errors import InventoryError
from workflow_sbom.golang import goformat
from workflow_sbom.golang.gobinary import describe_go_binary
from workflow_sbom.golang.goformat import BuildInfo, Module

MakeProgram = Callable[[str, str, str], ArtifactFile]
Render = Callable[..., dict[str, Any]]

INFO = """\
path\texample.org/tools/hello/cmd/hello
mod\texample.org/tools/hello\t(devel)\t
dep\tgithub.com/spf13/pflag\tv1.0.5\th1:iy+VFUOCP1a+8yFto/drg2CJ5u0yRoB7fZw3DKv/JXA=
dep\tgithub.com/old/name\tv1.0.0
=>\tgithub.com/new/name\tv1.1.0\th1:AAAA=
dep\texample.org/tools/local\tv0.0.0
=>\t./local\t\t
build\t-trimpath=true
build\t-ldflags="-s -w -X main.version=1.2.3"
build\t"odd key"="a\\tb"
build\tCGO_ENABLED=0
build\tGOARCH=amd64
"""


@pytest.fixture
def program(make_go_program: MakeProgram) -> ArtifactFile:
    return make_go_program("hello-linux-amd64", "go1.26.8 X:nocoverageredesign", INFO)


def test_build_information() -> None:
    assert goformat.parse("go1.26.8", INFO) == BuildInfo(
        go="go1.26.8",
        package="example.org/tools/hello/cmd/hello",
        main=Module(path="example.org/tools/hello", version="(devel)"),
        modules=(
            Module(
                path="github.com/spf13/pflag",
                version="v1.0.5",
                sum="h1:iy+VFUOCP1a+8yFto/drg2CJ5u0yRoB7fZw3DKv/JXA=",
            ),
            Module(
                path="github.com/new/name",
                version="v1.1.0",
                sum="h1:AAAA=",
                replaces="github.com/old/name@v1.0.0",
            ),
            Module(path="./local", version="", replaces="example.org/tools/local@v0.0.0"),
        ),
        settings=(
            ("-trimpath", "true"),
            ("-ldflags", "-s -w -X main.version=1.2.3"),
            ("odd key", "a\tb"),
            ("CGO_ENABLED", "0"),
            ("GOARCH", "amd64"),
        ),
    )


def test_what_a_program_is_made_of(program: ArtifactFile, rendered: Render) -> None:
    document = rendered(describe_go_binary(program, "hello", "1.2.3"))
    subject = document["metadata"]["component"]
    assert subject["purl"] == "pkg:golang/example.org/tools/hello@v1.2.3#cmd/hello"
    assert {"name": "workflow:go:build:GOARCH", "value": "amd64"} in subject["properties"]
    assert document["components"] == [
        {
            "bom-ref": "go-folder:./local",
            "type": "library",
            "name": "./local",
            "scope": "required",
            "properties": [
                {"name": "workflow:go:replaces", "value": "example.org/tools/local@v0.0.0"}
            ],
        },
        {
            "bom-ref": "pkg:golang/github.com/new/name@v1.1.0",
            "type": "library",
            "name": "github.com/new/name",
            "version": "v1.1.0",
            "purl": "pkg:golang/github.com/new/name@v1.1.0",
            "scope": "required",
            "properties": [
                {"name": "workflow:go:replaces", "value": "github.com/old/name@v1.0.0"},
                {"name": "workflow:go:sum", "value": "h1:AAAA="},
            ],
        },
        {
            "bom-ref": "pkg:golang/github.com/spf13/pflag@v1.0.5",
            "type": "library",
            "name": "github.com/spf13/pflag",
            "version": "v1.0.5",
            "purl": "pkg:golang/github.com/spf13/pflag@v1.0.5",
            "scope": "required",
            "properties": [
                {
                    "name": "workflow:go:sum",
                    "value": "h1:iy+VFUOCP1a+8yFto/drg2CJ5u0yRoB7fZw3DKv/JXA=",
                }
            ],
        },
        {
            "bom-ref": "pkg:golang/std@1.26.8",
            "type": "library",
            "name": "std",
            "version": "1.26.8",
            "purl": "pkg:golang/std@1.26.8",
        },
    ]


def test_a_tree_hash_is_never_passed_off_as_a_files(program: ArtifactFile) -> None:
    for part in describe_go_binary(program, "hello", "1.2.3").components:
        assert part.hashes == ()
        assert part.references == ()


@pytest.mark.parametrize(
    ("setting", "aggregate"),
    [("CGO_ENABLED=0", "complete"), ("CGO_ENABLED=1", "incomplete"), ("x=y", "incomplete")],
)
def test_cgo_leaves_the_parts_incomplete(
    make_go_program: MakeProgram, setting: str, aggregate: str
) -> None:
    program = make_go_program("a", "go1.20", f"path\texample.org/a\nbuild\t{setting}\n")
    sbom = describe_go_binary(program, "a", "1.0")
    assert {each.aggregate for each in sbom.compositions if each.assemblies} == {aggregate}
    assert {each.aggregate for each in sbom.compositions if each.dependencies} == {"unknown"}


def test_a_program_without_module_text(make_go_program: MakeProgram, rendered: Render) -> None:
    sbom = describe_go_binary(make_go_program("a", "devel go1.27-abc", ""), "a", "1.0")
    assert sbom.subject.purl is None
    assert [part.version for part in sbom.components] == ["devel go1.27-abc"]
    rendered(sbom)


def test_magic_outside_its_section_is_not_believed(program: ArtifactFile) -> None:
    data = program.path.read_bytes()
    decoy = b"\xff Go buildinf:\x08\x02" + bytes(16) + b"\x07go9.9.9\x00"
    program.path.write_bytes(data + bytes(-len(data) % 16) + decoy)
    assert goformat.read(program.path).go == "go1.26.8 X:nocoverageredesign"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#!/bin/sh\n",
        b"\x7fELF",
        b"\x7fELF" + b"\xff" * 60,
        b"\x7fELF\x02\x01\x01" + bytes(57),
        b"\xcf\xfa\xed\xfe" + b"\xff" * 60,
        b"\xcf\xfa\xed\xfe" + bytes(60),
        b"MZ" + b"\xff" * 62,
        b"MZ" + bytes(62),
        b"MZ",
    ],
)
def test_what_is_no_go_program_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(InventoryError):
        goformat.read(tmp_path / "a")


def test_a_program_cut_short_is_refused(program: ArtifactFile) -> None:
    data = program.path.read_bytes()
    for length in range(0, len(data), 7):
        program.path.write_bytes(data[:length])
        with pytest.raises(InventoryError):
            goformat.read(program.path)


def test_a_changed_program_is_read_or_refused(program: ArtifactFile) -> None:
    data = program.path.read_bytes()

    @given(st.integers(0, len(data) - 1), st.integers(1, 255))
    def one_byte(at: int, change: int) -> None:
        changed = bytearray(data)
        changed[at] ^= change
        program.path.write_bytes(changed)
        try:
            goformat.read(program.path)
        except InventoryError as error:
            assert str(error)  # noqa: PT017 - either outcome is fine; another exception is not

    one_byte()


def test_an_unknown_line_is_refused() -> None:
    with pytest.raises(InventoryError, match="unknown line"):
        goformat.parse("go1.30", "surprise\tx\n")


@pytest.fixture(scope="module")
def go() -> str:
    found = shutil.which("go")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("go is missing; CI compares with `go version -m`")
        pytest.skip("go is missing: the comparison with `go version -m` was NOT made")
    return found


@pytest.fixture(scope="module")
def go_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("go-cache")


@pytest.mark.parametrize("platform", ["linux/amd64", "darwin/arm64", "windows/amd64"])
def test_the_same_as_go_version_m(go: str, go_cache: Path, tmp_path: Path, platform: str) -> None:
    (tmp_path / "go.mod").write_text("module example.org/hello\n\ngo 1.20\n")
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    system, _, machine = platform.partition("/")
    environment = {
        **os.environ,
        "GOOS": system,
        "GOARCH": machine,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(go_cache),
    }
    command = [go, "build", "-trimpath", "-ldflags", "-s -w -X main.v=1", "-o", "hello", "."]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    told = subprocess.run(
        [go, "version", "-m", "hello"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    text = "".join(f"{line.removeprefix(chr(9))}\n" for line in told[1:])
    assert goformat.read(tmp_path / "hello") == goformat.parse(told[0].split(": ")[1], text)
