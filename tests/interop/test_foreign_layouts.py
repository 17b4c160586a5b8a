"""Layouts that skopeo writes are read; the images in them are those that went in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from simulators.archives import Entry, Sketch, archive, layer
from support.absent import absent
from workflow_containers.comparing.compare import compare
from workflow_containers.comparing.differences import ImageOnly, Recompressed
from workflow_containers.oci.adopting import adopt
from workflow_containers.oci.layout import Layout


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    entries = [Entry(path="etc/x", data=b"x" * 5000), Entry(path="etc/y", data=b"y")]
    amd = Sketch(layers=[layer(entries)], execution={"User": "7"})
    return archive(tmp_path / "ours.tar", amd, amd.but(platform="linux/arm64"))


def skopeo(*words: str) -> None:
    program = shutil.which("skopeo") or absent("no skopeo: apt-get install skopeo")
    subprocess.run([program, "--insecure-policy", *words], check=True, capture_output=True)


@pytest.mark.parametrize("form", ["oci", "oci-archive"])
def test_all_of_it_is_the_same_image(ours: Path, tmp_path: Path, form: str) -> None:
    copy = tmp_path / "copy"
    skopeo("copy", "--all", f"oci-archive:{ours}", f"{form}:{copy}")
    with Layout(ours) as one, Layout(adopt(copy, tmp_path / "adopted.tar")) as other:
        assert compare(one, other) == ()


def test_one_platform_of_it_is_that_image(ours: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    skopeo("--override-arch", "arm64", "copy", f"oci-archive:{ours}", f"oci:{copy}:tag")
    with Layout(ours) as one, Layout(adopt(copy, tmp_path / "adopted.tar")) as other:
        (missing,) = [each for each in compare(one, other) if each.where == "linux/amd64"]
        assert isinstance(missing, ImageOnly)
        assert [each for each in compare(one, other) if each.where == "linux/arm64"] == []


def test_what_skopeo_compresses_anew_has_the_same_contents(ours: Path, tmp_path: Path) -> None:
    raw, packed = tmp_path / "raw", tmp_path / "packed"
    skopeo(
        "--override-arch", "amd64", "copy", "--dest-decompress", f"oci-archive:{ours}",
        f"dir:{raw}",
    )  # fmt: skip
    skopeo("copy", f"dir:{raw}", f"oci:{packed}:tag")
    with Layout(ours) as one, Layout(adopt(packed, tmp_path / "adopted.tar")) as other:
        found = [each for each in compare(one, other) if each.where == "linux/amd64"]
        assert [type(each) for each in found] == [Recompressed]
