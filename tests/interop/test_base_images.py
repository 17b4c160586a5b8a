"""Images on a base, run for real; and bases that others made, read as others read them."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.images import CREATED, wheel
from support import docker_engine
from support.absent import absent
from support.docker_engine import Docker
from workflow_containers.base import image as base_image
from workflow_containers.base.bringing import from_layouts
from workflow_containers.building.builder import ImageArchive, build_archive
from workflow_containers.building.given import Inputs, Tools
from workflow_containers.debian import mirror
from workflow_containers.definition import load
from workflow_containers.host import native_platform
from workflow_containers.inspecting import bill, inventory, rootless
from workflow_containers.layers.tree import File, Folder, Link, Tree
from workflow_containers.network.transport import fetcher
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import Platform
from workflow_containers.store import Store
from workflow_sbom.artifact import ArtifactFile

ROOT = Path(__file__).resolve().parents[2]
# Where it was loaded from, as what, with what underneath, and by whom.
TELL = b"""
import getpass, json, os, ssl, sys
print(json.dumps({
    "python": ".".join(map(str, sys.version_info[:2])),
    "file": __file__,
    "cached": __spec__.cached,
    "compiled": os.path.exists(__spec__.cached),
    "user": os.getuid(),
    "name": getpass.getuser(),
}))
"""
SHOP = {"shop/__init__.py": b"__version__ = '1.2.3'\n", "shop/__main__.py": TELL}
PACKAGES = "python3-minimal,libpython3-stdlib"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A repository with a wheel, a store, and the image of its definition on a base."""

    folder: Path
    platform: Platform

    def define(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.toml"
        path.write_text(f'name = "{name}"\nplatforms = ["{self.platform}"]\n{text}')
        return path

    def build(self, definition: Path, out: str, *, base: Path | None = None) -> ImageArchive:
        tools = Tools(
            store=self.folder / "store",
            mirrors=lambda: mirror.find(environment=os.environ),
            pip=("pip",),
            environment={},
            fetch=fetcher(os.environ),
            bring=from_layouts([base] if base else []),
        )
        wheels = {"shop": wheel(self.folder / "wheels", "shop", "1.2.3", SHOP)}
        inputs = Inputs(
            version="1.2.3",
            created=CREATED,
            annotations={},
            wheels=wheels,
            bundles={},
            root=self.folder,
        )
        return build_archive(load(definition), inputs, tools, self.folder / out)

    def on(self, reference: Reference, python: str, base: Path, out: str) -> ImageArchive:
        text = f"""
base = "{reference}"
python = "{python}"
entrypoint = ["/usr/bin/python3", "-m", "shop"]
[[wheels]]
name = "shop"
project = "shop"
"""
        return self.build(self.define("shop", text), out, base=base)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    platform = native_platform()
    assert platform is not None
    return Bench(folder=tmp_path_factory.mktemp("bench"), platform=platform)


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    with docker_engine.running() as engine:
        yield engine


def told(docker: Docker, archive: Path, bench: Bench) -> Mapping[str, Any]:
    docker.tell("load", "--input", str(archive))
    suffix = "" if docker.keeps_whole_indexes else f"-{bench.platform.architecture}"
    done = docker.run("--network=none", f"shop:1.2.3{suffix}")
    assert done.returncode == 0, done.stderr
    image = docker.inspect("image", f"shop:1.2.3{suffix}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"layers": image["RootFS"]["Layers"], "id": image["Id"]}


# --------------------------------------------------------------------------- a base of our own make


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A base, and an image on it."""

    base: ImageArchive
    reference: Reference
    shop: ImageArchive


@pytest.fixture(scope="module")
def ours(bench: Bench) -> Made:
    engine = load(ROOT / "containers/engine.toml")
    assert engine.lock is not None
    shutil.copy(ROOT / engine.lock, bench.folder / "debian.lock.json")
    text = f"""
suite = "{engine.suite}"
python = "{engine.python}"
lock = "debian.lock.json"
packages = {json.dumps(engine.packages)}
exclude = {json.dumps(engine.exclude)}
entrypoint = ["/usr/bin/python3"]
"""
    base = bench.build(bench.define("base", text), "base.tar")
    reference = Reference.parse(f"registry.example/base:1@{base.index_digest}")
    shop = bench.on(reference, engine.python, base.path, "shop.tar")
    return Made(base=base, reference=reference, shop=shop)


def test_the_layers_of_the_base_are_the_same_to_the_byte(ours: Made) -> None:
    (base,), (shop,) = ours.base.images, ours.shop.images
    assert [each.digest for each in base.layers] == [
        each.digest for each in shop.layers[: len(base.layers)]
    ]
    assert len(shop.layers) == len(base.layers) + 1


def test_another_build_elsewhere_has_the_same_bytes(
    ours: Made, tmp_path: Path, bench: Bench
) -> None:
    other = Bench(folder=tmp_path / "another place", platform=bench.platform)
    other.folder.mkdir()
    again = other.on(ours.reference, "3.13", ours.base.path, "again.tar")
    assert again.path.read_bytes() == ours.shop.path.read_bytes()


def test_it_runs_under_docker_on_the_bases_layers(ours: Made, docker: Docker, bench: Bench) -> None:
    found = told(docker, ours.shop.path, bench)
    (image,) = ours.shop.images
    assert found["layers"] == [str(each.diff_id) for each in image.layers]
    assert found["file"] == "/usr/local/lib/python3.13/dist-packages/shop/__main__.py"
    assert (found["python"], found["compiled"]) == ("3.13", True)
    assert (found["user"], found["name"]) == (65532, "nonroot")
    if not docker.keeps_whole_indexes:
        assert found["id"] == str(image.config)


def test_it_runs_without_docker_and_root(ours: Made, tmp_path: Path, bench: Bench) -> None:
    command = rootless.entrypoint(ours.shop.path, bench.platform)
    code, printed = rootless.run(ours.shop.path, bench.platform, command, store=tmp_path)
    assert code == 0
    assert json.loads(printed)["compiled"]


# ------------------------------------------------------------------ a base of Debian's own programs


def program(name: str) -> str:
    return shutil.which(name) or absent(f"no {name}: apt-get install {name}")


def run(*words: str | Path, folder: Path) -> str:
    """Run a program that must succeed, with its state in a folder."""
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder),
        "STORAGE_DRIVER": "vfs",
        "BUILDAH_ISOLATION": "chroot",
    }
    done = subprocess.run(
        list(map(str, words)),
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, (words, done.stderr[-2000:])
    return done.stdout.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """A base in layers, with whiteouts of every kind: an OCI layout, and its pinned name."""

    layout: Path
    reference: Reference
    python: str


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Theirs:
    """A Debian root as mmdebstrap makes it, changed in further layers by buildah."""
    if os.geteuid() != 0:
        absent("mmdebstrap and buildah need root here")
    folder = tmp_path_factory.mktemp("theirs")
    mmdebstrap, buildah = program("mmdebstrap"), program("buildah")
    root, layout = folder / "root.tar", folder / "layout"
    run(mmdebstrap, "--variant=essential", f"--include={PACKAGES}", "bookworm", root, folder=folder)
    state = ("--root", folder / "state", "--runroot", folder / "running")

    def tell(*words: str | Path) -> str:
        return run(buildah, *state, *words, folder=folder)

    def committed(container: str, name: str) -> str:
        tell("commit", "--rm", container, name)
        return tell("from", name)

    container = tell("from", "scratch")
    tell("add", container, root, "/")
    container = committed(container, "first")
    changes = """
        set -e
        rm -rf /usr/share/doc /usr/share/man/man1
        rm /etc/issue && ln -s ../usr/lib/os-release /etc/issue
        rm -rf /usr/share/locale && mkdir /usr/share/locale && echo new > /usr/share/locale/new
        mkdir -p /srv/app && chown 1000:1000 /srv/app && chmod 2775 /srv/app
        ln /usr/bin/env /usr/local/bin/env2
    """
    tell("run", container, "--", "sh", "-c", changes)
    tell("config", "--env", "TEAM=base", "--label", "team=base", "--cmd", "sh", container)
    container = committed(container, "second")
    tell(
        "run",
        container,
        "--",
        "sh",
        "-c",
        "rm -rf /srv/app /usr/share/locale && echo hi > /srv/app",
    )
    tell("commit", "--rm", container, "third")
    tell("push", "third", f"oci:{layout}:third")
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    return Theirs(
        layout=layout,
        reference=Reference.parse(f"registry.example/theirs:1@{entry['digest']}"),
        python="3.11",
    )


def mode_of(path: Path) -> tuple[str, int]:
    found = path.lstat()
    return stat.filemode(found.st_mode)[0], found.st_mode & 0o7777


def seen(tree: Tree) -> dict[str, object]:
    """The merged root, as another program's may be told."""
    described: dict[str, object] = {}
    for path, node in tree.nodes.items():
        match node:
            case File(mode=mode, digest=digest):
                described[path] = ("-", mode, digest.hex)
            case Folder(mode=mode, owner=owner):
                described[path] = ("d", mode, owner)
            case Link(target=target):
                described[path] = ("l", target)
            case _:
                described[path] = "special"
    return described


def unpacked(root: Path) -> dict[str, object]:
    """A folder as umoci unpacked it."""
    from workflow_sbom.digest import measure_file

    described: dict[str, object] = {}
    for path in root.rglob("*"):
        kind, mode = mode_of(path)
        name = str(path.relative_to(root))
        if kind == "-":
            described[name] = ("-", mode, measure_file(path).digest.hex)
        elif kind == "d":
            described[name] = ("d", mode, (path.stat().st_uid, path.stat().st_gid))
        elif kind == "l":
            described[name] = ("l", str(path.readlink()))
        else:
            described[name] = "special"
    return described


def whiteouts(theirs: Theirs) -> set[str]:
    """What the layers take away, as they name it."""
    assert theirs.reference.digest is not None
    blobs = theirs.layout / "blobs/sha256"
    manifest = json.loads((blobs / theirs.reference.digest.hex).read_text())
    found: set[str] = set()
    for layer in manifest["layers"]:
        with tarfile.open(blobs / layer["digest"].partition(":")[2]) as archive:
            found |= {name.removeprefix("./") for name in archive.getnames() if ".wh." in name}
    return found


def test_its_merged_root_is_what_umoci_makes_of_it(theirs: Theirs, tmp_path: Path) -> None:
    platform = native_platform()
    assert platform is not None
    bring = from_layouts([theirs.layout])
    base = base_image.load(theirs.reference, platform, Store(tmp_path / "store"), bring)
    bundle = tmp_path / "bundle"
    run(program("umoci"), "unpack", "--image", f"{theirs.layout}:third", bundle, folder=tmp_path)
    ours, others = seen(base.tree), unpacked(bundle / "rootfs")
    assert len(others) > 3000
    assert {"usr/share/.wh.doc", "usr/share/man/.wh.man1"} <= whiteouts(theirs)
    assert {path: ours.get(path) for path in others if ours.get(path) != others[path]} == {}
    assert sorted(ours.keys() - others.keys()) == []


def test_an_image_on_it_runs_under_docker(theirs: Theirs, bench: Bench, docker: Docker) -> None:
    made = bench.on(theirs.reference, theirs.python, theirs.layout, "on-theirs.tar")
    found = told(docker, made.path, bench)
    assert found["file"] == f"/usr/local/lib/python{theirs.python}/dist-packages/shop/__main__.py"
    assert (found["user"], found["name"], found["compiled"]) == (65532, "nonroot", True)
    with Layout(made.path) as layout:
        (image,) = layout.images
    assert "TEAM=base" in image.config["config"]["Env"]
    assert image.config["config"]["Labels"]["team"] == "base"
    manifest = json.loads(
        (theirs.layout / "blobs/sha256" / theirs.reference.digest.hex).read_text()  # type: ignore[union-attr]
    )
    assert [each.blob.digest for each in image.layers[:3]] == [
        type(image.manifest).parse(each["digest"]) for each in manifest["layers"]
    ]


def test_an_inventory_of_it_names_dpkgs_packages_and_no_file_of_theirs_as_ours(
    theirs: Theirs, bench: Bench
) -> None:
    made = bench.on(theirs.reference, theirs.python, theirs.layout, "inventory.tar")
    (platform,) = inventory.describe(made.path).platforms
    names = {deb.name for deb in platform.debs}
    assert {"libc6", "dpkg", "python3.11-minimal", "base-files"} <= names
    assert [each.path for each in platform.loose] == ["etc/group", "etc/passwd"]
    assert platform.base is not None
    assert "usr/bin/su" in platform.base.setuid
    sbom = bill.describe_image(ArtifactFile.measure(made.path))
    refs = [each.ref for each in sbom.walk()]
    assert any(ref.startswith("pkg:deb/debian/dpkg@") for ref in refs)
    assert "pkg:pypi/shop@1.2.3" in refs
