from __future__ import annotations

from pathlib import Path

import pytest

from support import built
from workflow_containers.platform import AMD64
from workflow_release.errors import BuildError
from workflow_release.judging.evidence import Evidence
from workflow_release.judging.examining.go import examine_go
from workflow_release.model import Artifact
from workflow_sbom.digest import Digest

BUILD = "build\tGOARCH=amd64\nbuild\tGOOS=linux\n"
HEAD = "path\texample.org/tool\nmod\texample.org/tool\t(devel)\t\n"


def examined(tmp_path: Path, data: bytes) -> Evidence:
    path = tmp_path / "tool"
    path.write_bytes(data)
    return examine_go(
        Artifact(
            recipe="go:tool:linux/amd64",
            name="tool-1.2.3-linux-amd64",
            media_type="",
            platforms=(AMD64,),
            size=len(data),
            digest=Digest.of(data),
            path=path,
        )
    )


def test_a_program_says_its_platform_and_modules(tmp_path: Path) -> None:
    dep = "dep\texample.org/lib\tv1.2.0\th1:x=\n"
    found = examined(tmp_path, built.go_program(HEAD + dep + BUILD))
    assert found.platforms == (AMD64,)
    assert found.requirements == ("example.org/lib@v1.2.0",)
    assert found.replaced == ()


@pytest.mark.parametrize(
    ("by", "replaced"),
    [
        ("../lib\t(devel)\t", ("example.org/lib@v1.2.0 by ../lib",)),
        ("/home/me/lib\t\t", ("example.org/lib@v1.2.0 by /home/me/lib",)),
        ("example.org/fork\tv1.3.0\th1:y=", ()),
    ],
)
def test_a_module_from_a_folder_is_told_apart_from_another_module(
    tmp_path: Path, by: str, replaced: tuple[str, ...]
) -> None:
    dep = f"dep\texample.org/lib\tv1.2.0\n=>\t{by}\n"
    assert examined(tmp_path, built.go_program(HEAD + dep + BUILD)).replaced == replaced


@pytest.mark.parametrize("data", [b"", b"MZ", b"\x7fELF", built.go_program(HEAD)])
def test_what_is_no_program_for_a_platform_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BuildError):
        examined(tmp_path, data)
