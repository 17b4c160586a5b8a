from __future__ import annotations

from pathlib import Path

import pytest

from simulators.registry import Registry
from simulators.registry_server import serving
from support.archives import write
from support.container_desk import ContainerDesk
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import ARM64
from workflow_sbom.digest import measure_file


@pytest.fixture
def desk(tmp_path: Path) -> ContainerDesk:
    return ContainerDesk(home=tmp_path / "home")


def test_what_was_pushed_is_pulled(desk: ContainerDesk, tmp_path: Path) -> None:
    original, back = write(tmp_path / "made"), tmp_path / "back" / "x.tar"
    with serving(Registry()) as host:
        assert desk.run("push", str(original), f"{host}/team/shop").code == 0
        said = desk.run("pull", f"{host}/team/shop:1.2.3", "--output", str(back))
        assert said.code == 0, said.err
        with Layout(original) as layout:
            name = f"{host}/team/shop@{layout.index}"
        by_digest = desk.run("pull", name, "-o", str(tmp_path / "again.tar"), "--json")
    assert back.read_bytes() == original.read_bytes() == (tmp_path / "again.tar").read_bytes()
    head, row, reference = said.out.splitlines()
    assert head.split() == ["archive", "platforms", "size", "fetched"]
    assert row.split()[:3] == [str(back), "linux/amd64,", "linux/arm64"]
    assert "3 of 3 layers" in row
    assert reference == name
    assert f"next: docker load --input {back}" in said.err
    document = by_digest.json
    assert document["digest"] == str(measure_file(original).digest)
    assert document["reference"] == name
    assert document["platforms"] == ["linux/amd64", "linux/arm64"]
    assert [layer["fetched"] for layer in document["layers"]] == [False] * 3


def test_one_platform(desk: ContainerDesk, tmp_path: Path) -> None:
    original, back = write(tmp_path / "made"), tmp_path / "x.tar"
    with serving(Registry()) as host:
        desk.run("push", str(original), f"{host}/team/shop")
        name = f"{host}/team/shop:1.2.3"
        said = desk.run("pull", name, "-o", str(back), "--platform", "linux/arm64")
        missing = desk.run("pull", name, "-o", str(back), "--platform", "linux/s390x")
        wrong = desk.run("pull", name, "-o", str(back), "--platform", "arm64")
    assert said.code == 0
    assert "it was made for the images that were kept" in said.err
    with Layout(back) as layout:
        assert [image.platform for image in layout.images] == [ARM64]
    assert (missing.code, wrong.code) == (27, 22)


def test_nothing_there(desk: ContainerDesk, tmp_path: Path) -> None:
    with serving(Registry()) as host:
        said = desk.run("pull", f"{host}/team/shop:1", "-o", str(tmp_path / "x.tar"))
    assert said.code == 33
    assert said.err.startswith(f"error: {host}/team/shop:1: MANIFEST_UNKNOWN")
    assert not (tmp_path / "x.tar").exists()
