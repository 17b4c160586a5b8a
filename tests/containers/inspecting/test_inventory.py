from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from simulators.images import World, tar, world
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.errors import LayoutError
from workflow_containers.inspecting import bill, inventory
from workflow_containers.platform import AMD64, ARM64
from workflow_sbom.artifact import ArtifactFile
from workflow_sbom.model.component import Component


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world(tmp_path_factory.mktemp("inventory") / "repository")


@pytest.fixture(scope="module")
def archive(shop: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    definition = load(shop.root / "images/shop.toml")
    path = folder / "shop-1.2.3.oci.tar"
    build_archive(definition, shop.inputs(), shop.tools(folder / "store"), path)
    return path


def test_every_package_and_distribution_is_found_on_each_platform(archive: Path) -> None:
    found = inventory.describe(archive)
    assert found.version == "1.2.3"
    assert [each.platform for each in found.platforms] == [AMD64, ARM64]
    for each in found.platforms:
        assert each.distro == "debian-13"
        assert [(deb.name, deb.version) for deb in each.debs] == [
            ("libc6", "2.41-12"),
            ("python3.13-minimal", "3.13.5-2"),
            ("tzdata", "2026a-1"),
        ]
        assert [wheel.info.rpartition("/")[2] for wheel in each.wheels] == [
            "shop-1.2.3.dist-info",
            "till-2.0.dist-info",
        ]


def test_a_package_is_known_by_the_digest_of_its_file(shop: World, archive: Path) -> None:
    arm = inventory.describe(archive).platforms[1]
    data = next(data for url, data in shop.mirror.files.items() if "libc6_2.41-12_arm64.deb" in url)
    assert arm.debs[0].sha256 is not None
    assert arm.debs[0].sha256.hex == hashlib.sha256(data).hexdigest()
    assert arm.debs[0].architecture == "arm64"


def test_what_belongs_to_no_package_is_told_apart(archive: Path) -> None:
    amd = inventory.describe(archive).platforms[0]
    assert [each.path for each in amd.loose] == ["app/shop.yaml", "app/ui/dist/index.html"]
    assert amd.links["usr/bin/python3"] == "python3.13"
    page = next(each for each in amd.files if each.path == "app/ui/dist/index.html")
    assert (page.size, page.layer) == (11, 2)
    assert page.digest.hex == hashlib.sha256(b"<p>shop</p>").hexdigest()


def test_compiled_files_belong_to_their_distribution(archive: Path) -> None:
    amd = inventory.describe(archive).platforms[0]
    (shop,) = [wheel for wheel in amd.wheels if "shop" in wheel.info]
    assert {path.rpartition("/")[2] for path in shop.files} == {
        "__init__.py",
        "__main__.py",
        "__init__.cpython-313.pyc",
        "__main__.cpython-313.pyc",
        "METADATA",
        "WHEEL",
        "RECORD",
        "INSTALLER",
    }


def with_last_layer(archive: Path, folder: Path, change: dict[str, bytes]) -> Path:
    """The archive with other files in the application's layer, every digest true again."""
    with tarfile.open(archive) as opened:
        files = {each.name: opened.extractfile(each).read() for each in opened if each.isreg()}  # type: ignore[union-attr]
    del files["manifest.json"]
    top = json.loads(files["index.json"])
    index = json.loads(files.pop(name(top["manifests"][0])))
    for entry in index["manifests"]:
        manifest = json.loads(files.pop(name(entry)))
        config = json.loads(files.pop(name(manifest["config"])))
        raw = rewritten(gzip.decompress(files[name(manifest["layers"][2])]), change)
        layer = manifest["layers"][2]
        if name(layer) != put(files, layer, gzip.compress(raw, mtime=0)):
            config["rootfs"]["diff_ids"][2] = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        put(files, manifest["config"], json.dumps(config).encode())
        put(files, entry, json.dumps(manifest).encode())
    put(files, top["manifests"][0], json.dumps(index).encode())
    files["index.json"] = json.dumps(top).encode()
    used = {each for each in files if not each.startswith("blobs/")} | named(files, top)
    path = folder / "changed.tar"
    path.write_bytes(tar((info(each, files[each]), files[each]) for each in sorted(used)))
    return path


def named(files: dict[str, bytes], top: dict[str, list[dict[str, str]]]) -> set[str]:
    index = json.loads(files[name(top["manifests"][0])])
    manifests = [json.loads(files[name(entry)]) for entry in index["manifests"]]
    blobs = [*top["manifests"], *index["manifests"]]
    blobs += [each for manifest in manifests for each in (manifest["config"], *manifest["layers"])]
    return {name(each) for each in blobs}


def name(entry: dict[str, str]) -> str:
    return f"blobs/sha256/{entry['digest'][7:]}"


def put(files: dict[str, bytes], entry: dict[str, object], data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    entry |= {"digest": f"sha256:{digest}", "size": len(data)}
    files[f"blobs/sha256/{digest}"] = data
    return ""


def info(path: str, data: bytes) -> tarfile.TarInfo:
    made = tarfile.TarInfo(path)
    made.size = len(data)
    return made


def rewritten(raw: bytes, change: dict[str, bytes]) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(raw)) as opened:
        found = {each.name: opened.extractfile(each).read() for each in opened if each.isreg()}  # type: ignore[union-attr]
    found |= change
    return tar((info(path, data), data) for path, data in found.items())


SITE = "usr/local/lib/python3.13/dist-packages"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({f"{SITE}/shop/__init__.py": b"import evil\n"}, "differs from .*RECORD"),
        ({f"{SITE}/shop-1.2.3.dist-info/RECORD": b"shop/gone.py,,\n"}, "which is not there"),
        ({f"{SITE}/shop-1.2.3.dist-info/RECORD": b"../../../../../../etc/x,,\n"}, "not there"),
        ({f"{SITE}/shop-1.2.3.dist-info/RECORD": b"one\n"}, "which is not there"),
        ({f"{SITE}/shop-1.2.3.dist-info/RECORD": b"shop/__init__.py,md5=AAAA,1\n"}, "differs"),
        ({f"{SITE}/shop-1.2.3.dist-info/RECORD": b"shop/__init__.py,sha256=A,1\n"}, "differs"),
        ({f"{SITE}/bare-1.dist-info/METADATA": b"Name: bare\n"}, "has no RECORD"),
        ({"etc/passwd": b"root::0:0::/:/bin/sh\n"}, "'etc/passwd' stands twice"),
    ],
)
def test_an_image_whose_records_lie_is_refused(
    archive: Path, tmp_path: Path, change: dict[str, bytes], message: str
) -> None:
    with pytest.raises(LayoutError, match=message):
        inventory.describe(with_last_layer(archive, tmp_path, change))


def test_the_changed_archive_is_read_when_nothing_lies(archive: Path, tmp_path: Path) -> None:
    found = inventory.describe(with_last_layer(archive, tmp_path, {"app/new": b"1"}))
    assert "app/new" in {each.path for each in found.platforms[0].loose}


def test_the_bill_names_every_part_and_which_image_has_it(archive: Path) -> None:
    artifact = ArtifactFile.measure(archive)
    sbom = bill.describe_image(artifact)
    assert (sbom.subject.name, sbom.subject.version) == ("shop", "1.2.3")
    assert sbom.subject.ref == artifact.ref
    parts: dict[str, Component] = {each.ref: each for each in sbom.walk()}
    edges = {edge.ref: edge.depends_on for edge in sbom.dependencies}
    images = [parts[ref] for ref in edges[artifact.ref]]
    assert [image.kind for image in images] == ["container", "container"]
    amd, arm = (edges[image.ref] for image in sorted(images, key=lambda each: each.ref[-5:]))
    libc = "pkg:deb/debian/libc6@2.41-12?arch={}&distro=debian-13"
    assert libc.format("amd64") in amd
    assert libc.format("arm64") in arm
    assert libc.format("arm64") not in amd
    shared = {
        "pkg:deb/debian/tzdata@2026a-1?arch=all&distro=debian-13",
        "pkg:pypi/shop@1.2.3",
        "pkg:pypi/till@2.0",
        "operating-system:debian-13",
    }
    assert shared <= set(amd) & set(arm)
    python = "pkg:deb/debian/python3.13-minimal@3.13.5-2?arch=amd64&distro=debian-13"
    assert edges[python] == (libc.format("amd64"),)


def test_the_bill_is_the_same_each_time(archive: Path) -> None:
    artifact = ArtifactFile.measure(archive)
    assert bill.describe_image(artifact) == bill.describe_image(artifact)


@pytest.mark.parametrize(
    ("data", "release"),
    [
        (b'ID=debian\nVERSION_ID="13"\n', "debian-13"),
        (b"ID=ubuntu\nVERSION_ID='24.04'\r\nNAME=x", "ubuntu-24.04"),
        (b"ID=debian\n", "debian"),
        (b"ID=../x\nVERSION_ID=1/2\n", "debian"),
        (b"ID\n=\n\xff\x1b", "debian"),
        (b"", "debian"),
    ],
)
def test_the_release_is_the_one_that_os_release_names(data: bytes, release: str) -> None:
    assert inventory.distro(data) == release
