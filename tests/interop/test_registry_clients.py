"""What we push, others pull; what others push, we pull: skopeo, crane and Docker, to the byte."""

from __future__ import annotations

import hashlib
import json
import platform
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import clients, docker_engine, registries, shops
from support.images import Digests
from support.person import User
from support.registries import Registry
from support.shops import Shop

HERE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
IMAGE = "team/shop:1.2.3"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shops.built(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One that nobody pushed to."""
    with registries.distribution(tmp_path_factory.mktemp("registry")) as made:
        yield made


@pytest.fixture(scope="module")
def pushed(shop: Shop, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Our image in it, by name."""
    folder = tmp_path_factory.mktemp("user")
    user = User(home=folder, cache=folder / "cache")
    outcome = user.containers("push", str(shop.archive), registry.name("team/shop"))
    assert outcome.code == 0, outcome.err
    return registry.name(IMAGE)


def sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


# -------------------------------------------------------------------------------- what we pushed


def test_skopeo_inspects_the_same_index_and_images(shop: Shop, pushed: str, tmp_path: Path) -> None:
    skopeo = clients.skopeo(tmp_path)
    name = f"docker://{pushed}"
    index = skopeo.tell("inspect", "--tls-verify=false", "--raw", name)
    assert sha256(index) == shop.digests.index
    for architecture, configuration in shop.digests.configurations.items():
        only = clients.Client((*skopeo.argv, f"--override-arch={architecture}"), tmp_path)
        raw = only.tell("inspect", "--tls-verify=false", "--raw", "--config", name)
        assert sha256(raw) == configuration


def test_skopeo_copies_every_blob(shop: Shop, pushed: str, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    words = ("copy", "--all", "--src-tls-verify=false", f"docker://{pushed}", f"oci:{copied}:x")
    clients.skopeo(tmp_path).tell(*words)
    (root,) = json.loads((copied / "index.json").read_bytes())["manifests"]
    assert root["digest"] == shop.digests.index
    assert blobs_of(copied) == archived(shop.archive)


def blobs_of(layout: Path) -> set[str]:
    """The digests of the blobs in a folder, whose bytes were hashed."""
    found = list((layout / "blobs/sha256").iterdir())
    for path in found:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    return {path.name for path in found}


def archived(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return {
            Path(member.name).name for member in tar if member.isfile() and len(member.name) > 70
        }


def test_crane_finds_the_same_digests(shop: Shop, pushed: str, tmp_path: Path) -> None:
    crane = clients.crane(tmp_path)
    assert crane.tell("digest", pushed).strip() == shop.digests.index
    assert sha256(crane.tell("manifest", pushed)) == shop.digests.index
    for architecture, configuration in shop.digests.configurations.items():
        config = crane.tell("config", f"--platform=linux/{architecture}", pushed)
        assert sha256(config) == configuration
    crane.tell("validate", "--remote", pushed)


def test_docker_pulls_the_same_image(shop: Shop, pushed: str) -> None:
    name = pushed.removesuffix(":1.2.3")
    with docker_engine.running() as docker:
        docker.tell("pull", pushed)
        found = docker.inspect("image", pushed)
        assert found["RepoDigests"] == [f"{name}@{shop.digests.index}"]
        wanted = shop.digests.configurations[HERE]
        assert found["Id"] == (shop.digests.index if docker.keeps_whole_indexes else wanted)
        docker.tell("rmi", "--force", found["Id"])
        docker.tell("pull", f"{name}@{shop.digests.index}")
        assert docker.inspect("image", f"{name}@{shop.digests.index}")["Id"] == found["Id"]


# ----------------------------------------------------------------------------- what others pushed


def pulled(name: str, folder: Path) -> Path:
    user, path = User(home=folder / "home", cache=folder / "cache"), folder / "pulled.tar"
    outcome = user.containers("pull", name, "--output", str(path))
    assert outcome.code == 0, outcome.err
    return path


def test_what_skopeo_pushes_comes_as_the_same_archive(
    shop: Shop, registry: Registry, tmp_path: Path
) -> None:
    name = registry.name("skopeo/shop:1.2.3")
    words = ("copy", "--all", "--dest-tls-verify=false", f"oci-archive:{shop.archive}")
    clients.skopeo(tmp_path).tell(*words, f"docker://{name}")
    assert pulled(name, tmp_path).read_bytes() == shop.archive.read_bytes()


def test_what_crane_pushes_comes_as_the_same_archive(
    shop: Shop, registry: Registry, tmp_path: Path
) -> None:
    layout = tmp_path / "layout"
    with tarfile.open(shop.archive) as tar:
        tar.extractall(layout, filter="data")
    name = registry.name("crane/shop:1.2.3")
    crane = clients.crane(tmp_path)
    # It pushes what `index.json` names, and that is what is in it: our index within another.
    crane.tell("push", "--index", layout, name)
    (entry,) = json.loads(crane.tell("manifest", name))["manifests"]
    assert entry["digest"] == shop.digests.index
    crane.tell("tag", f"{name.removesuffix(':1.2.3')}@{entry['digest']}", "1.2.3")
    assert pulled(name, tmp_path).read_bytes() == shop.archive.read_bytes()


def test_an_image_of_docker_comes_with_its_own_configuration(
    shop: Shop, registry: Registry, tmp_path: Path
) -> None:
    """Docker's media types become OCI's; the configuration, and so the image, stays."""
    name = registry.name("docker/shop:1.2.3")
    with docker_engine.running() as docker:
        docker.tell("load", "--input", str(shop.archive))
        loaded = f"shop:1.2.3{'' if docker.keeps_whole_indexes else f'-{HERE}'}"
        docker.tell("tag", loaded, name)
        docker.tell("push", name)
    raw = clients.skopeo(tmp_path).tell(
        "inspect", "--tls-verify=false", "--raw", f"docker://{name}"
    )
    theirs = json.loads(raw)
    assert theirs["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    again = Digests.read(pulled(name, tmp_path))
    assert again.configurations == {HERE: theirs["config"]["digest"]}
    assert again.configurations[HERE] == shop.digests.configurations[HERE]
