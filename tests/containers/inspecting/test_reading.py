"""Images on a base: what the inventory and the bill say of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from simulators import bases
from simulators.bases import Base, file
from simulators.images import tar, world
from support.layouts import edited, with_layer
from workflow_containers.base.bringing import from_layouts
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.errors import LayoutError
from workflow_containers.inspecting import bill, inventory
from workflow_containers.inspecting.inventory import Inventory, PlatformInventory
from workflow_containers.oci import image
from workflow_sbom.artifact import ArtifactFile

SITE = "usr/local/lib/python3.13/site-packages"
PIP = f"{SITE}/pip-25.0.dist-info"


def base() -> Base:
    """A slim base that has pip, without what its makers took out, and files of nobody."""
    more = [
        file(f"{SITE}/pip/__init__.py", b"changed by the base's maker\n"),
        file(f"{PIP}/METADATA", b"Metadata-Version: 2.4\nName: pip\nVersion: 25.0\n"),
        file(f"{PIP}/RECORD", b"pip/__init__.py,sha256=AAAA,1\npip/gone.py,,\n"),
        file(f"{SITE}/odd-1.dist-info/METADATA", b"no metadata at all"),
        file("opt/of-nobody", b"1"),
    ]
    found = bases.slim()
    return Base(
        layers={platform: [*each, tar(more)] for platform, each in found.layers.items()},
        entries=[bases.attested()],
    )


def build(folder: Path, base: Base) -> Path:
    made = world(folder / "repository")
    reference = base.write(folder / "base")
    path = made.root / "images/shop.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('suite = "trixie"\n', f'base = "{reference}"\n')
    text = text.replace('lock = "images/debian.lock.json"\n', "")
    text = text.replace('packages = ["libc6", "python3.13-minimal", "tzdata"]\n', "")
    path.write_text(text.replace("/usr/bin/python3", "/usr/local/bin/python3"), encoding="utf-8")
    tools = dataclasses.replace(made.tools(folder / "store"), bring=from_layouts([folder / "base"]))
    archive = folder / "shop-1.2.3.oci.tar"
    build_archive(load(path), made.inputs(), tools, archive)
    return archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("on-base"), base())


@pytest.fixture(scope="module")
def found(archive: Path) -> Inventory:
    return inventory.describe(archive)


@pytest.fixture
def amd(found: Inventory) -> PlatformInventory:
    return found.platforms[0]


def test_the_bases_packages_are_those_that_dpkg_has_installed(found: Inventory) -> None:
    for each in found.platforms:
        assert each.distro == "debian-13"
        assert [(deb.name, deb.version, deb.architecture) for deb in each.debs] == [
            ("libc6", "2.41-12", each.platform.architecture)
        ]


def test_distributions_of_the_base_are_told_though_their_records_are_not_kept(
    amd: PlatformInventory,
) -> None:
    assert [wheel.info.rpartition("/")[2] for wheel in amd.wheels] == [
        "pip-25.0.dist-info",
        "shop-1.2.3.dist-info",
        "till-2.0.dist-info",
    ]
    assert amd.wheels[0].files == (f"{SITE}/pip/__init__.py",)


def test_the_bases_files_are_not_ours(amd: PlatformInventory) -> None:
    assert {each.path for each in amd.loose} == {
        "app/shop.yaml",
        "app/ui/dist/index.html",
        "etc/group",
        "etc/passwd",
    }
    assert "opt/of-nobody" in {each.path for each in amd.files}


def test_what_is_said_of_the_base(amd: PlatformInventory) -> None:
    assert amd.base is not None
    assert (amd.base.name, amd.base.layers) == (bases.NAME, 3)
    assert amd.base.setuid == ("usr/bin/su",)
    assert amd.python == "3.13.5"


def test_the_bill_has_the_base_and_what_is_on_it(archive: Path) -> None:
    sbom = bill.describe_image(ArtifactFile.measure(archive))
    refs = {each.ref for each in sbom.walk()}
    assert {
        "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13",
        "pkg:deb/debian/libc6@2.41-12?arch=arm64&distro=debian-13",
        "pkg:pypi/pip@25.0",
        "pkg:pypi/shop@1.2.3",
        "pkg:pypi/till@2.0",
    } <= refs
    assert not [ref for ref in refs if "of-nobody" in ref or "gone" in ref]
    assert not [ref for ref in refs if "etc/passwd" in ref or "etc/group" in ref]
    parts = {each.ref: each for each in sbom.walk()}
    (under,) = (ref for ref in refs if ref.startswith("pkg:oci/python@sha256"))
    assert parts[under].kind == "container"
    interpreters = [each for each in sbom.walk() if each.kind == "platform"]
    assert {(each.name, each.version) for each in interpreters} == {("python", "3.13.5")}
    images = [edge for edge in sbom.dependencies if edge.ref.startswith("pkg:oci/shop")]
    assert all(under in edge.depends_on for edge in images)
    unknown = [each for each in sbom.compositions if each.aggregate == "unknown"]
    assert all(any(edge.ref in each.assemblies for each in unknown) for edge in images)
    assert sbom == bill.describe_image(ArtifactFile.measure(archive))


def test_our_own_records_are_still_held_against_the_files(archive: Path, tmp_path: Path) -> None:
    """Somebody puts another file over ours, in one more layer; every digest is true."""
    evil = tar([file(f"{SITE}/shop/__init__.py", b"import evil\n")])
    changed = with_layer(archive, tmp_path / "evil.tar", evil)
    with pytest.raises(LayoutError, match=r"shop/__init__\.py' differs from"):
        inventory.describe(changed)


@pytest.mark.parametrize("said", ["0", "-1", "6", "99", "many", "²", "1" * 400])
def test_a_number_of_layers_that_can_not_be_is_refused(
    archive: Path, tmp_path: Path, said: str
) -> None:
    def edit(manifest: dict[str, Any], *_: object) -> None:
        manifest["annotations"][image.BASE_LAYERS] = said

    with pytest.raises(LayoutError, match="layers of a base, of 6"):
        inventory.describe(edited(archive, tmp_path / "edited.tar", edit))
