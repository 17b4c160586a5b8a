from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import changed, cut_download, replaced, slow, truncated
from simulators.registry import Registry
from support.archives import LAYERS, SHOP, Archives, client, pusher, to
from support.foreign_images import Foreign
from workflow_containers.errors import (
    IntegrityError,
    LayoutError,
    MissingError,
    NetworkError,
)
from workflow_containers.oci import image, kinds
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_containers.registry.fetching import Fetcher, fetch_image
from workflow_containers.registry.push import push
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

TAGGED = Reference(SHOP, tag="1.2.3")

LAYER = {"mediaType": kinds.DOCKER_LAYER, "digest": str(Digest.of(b"")), "size": 1}
ELSEWHERE = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "fetched")


@pytest.fixture
def filled(registry: Registry, archives: Archives) -> Registry:
    push(pusher(registry), archives.shipment(), to(SHOP, "1.2.3"))
    registry.log.clear()
    return registry


@pytest.fixture
def foreign(registry: Registry) -> Foreign:
    return Foreign(registry)


def test_an_image_is_brought_with_all_its_blobs(filled: Registry, store: Store) -> None:
    found = fetch_image(client(filled), TAGGED, ARM64, store)
    assert found.platform == ARM64
    assert [store.read(each.digest) for each in found.layers] == list(LAYERS[ARM64])
    assert store.read(found.configuration.digest) == found.configuration.data
    assert store.read(found.manifest.digest) == found.manifest.data
    assert filled.counted("GET /v2/team/shop/blobs/") == 3


def test_what_is_here_is_not_fetched(filled: Registry, store: Store) -> None:
    fetch_image(client(filled), TAGGED, ARM64, store)
    filled.log.clear()
    fetch_image(client(filled), TAGGED, AMD64, store)
    assert filled.counted("GET /v2/team/shop/blobs/") == 2  # the configuration and one layer
    filled.log.clear()
    fetch_image(client(filled), TAGGED, AMD64, store)
    assert filled.counted("GET /v2/team/shop/blobs/") == 0


def test_what_changed_on_disk_is_fetched_again(filled: Registry, store: Store) -> None:
    found = fetch_image(client(filled), TAGGED, ARM64, store)
    store.blob(found.layers[0].digest).write_bytes(b"changed")
    fetch_image(client(filled), TAGGED, ARM64, store)
    assert store.read(found.layers[0].digest) == LAYERS[ARM64][0]


def test_no_image_for_the_platform(filled: Registry, store: Store) -> None:
    with pytest.raises(LayoutError, match="s390x; it has linux/amd64, linux/arm64"):
        fetch_image(client(filled), TAGGED, Platform("linux", "s390x"), store)


def test_no_image(registry: Registry, store: Store) -> None:
    with pytest.raises(MissingError):
        fetch_image(client(registry), TAGGED, AMD64, store)


def test_dockers_image_alone(foreign: Foreign, store: Store) -> None:
    foreign.docker("1.2.3")
    found = fetch_image(client(foreign.registry), TAGGED, AMD64, store)
    assert found.manifest.media_type == kinds.DOCKER_MANIFEST
    assert [each.media_type for each in found.layers] == [kinds.DOCKER_LAYER]
    assert found.entry.platform == {"os": "linux", "architecture": "amd64"}
    with pytest.raises(LayoutError, match="for linux/arm64; it has linux/amd64"):
        fetch_image(client(foreign.registry), TAGGED, ARM64, store)


def test_a_variant_that_few_machines_run_is_not_taken(foreign: Foreign, store: Store) -> None:
    platform = {"os": "linux", "architecture": "amd64"}
    few = {**foreign.docker(annotations={"a": "b"}), "platform": {**platform, "variant": "v4"}}
    many = {**foreign.docker(), "platform": platform}
    foreign.index([few, many])
    found = fetch_image(client(foreign.registry), TAGGED, AMD64, store)
    assert str(found.manifest.digest) == many["digest"]
    foreign.index([few])
    with pytest.raises(LayoutError, match="for linux/amd64; it has linux/amd64/v4"):
        fetch_image(client(foreign.registry), TAGGED, AMD64, store)


def test_dockers_list_with_an_attestation(foreign: Foreign, store: Store) -> None:
    attested = {"platform": {"os": "unknown", "architecture": "unknown"}}
    platform = {"os": "linux", "architecture": "amd64", "variant": "v1"}
    entries = [
        {**foreign.blob(b"no image", image.MANIFEST), **attested},
        {**foreign.docker(), "platform": platform},
    ]
    foreign.index(entries, kinds.DOCKER_LIST)
    found = Fetcher(client=client(foreign.registry), store=store).find(TAGGED)
    assert [each.platform for each in found.images] == [AMD64]
    assert found.passed == 1


@pytest.mark.parametrize("fault", [changed, truncated(3), replaced(b"{}")])
@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_other_bytes_never_reach_the_store(
    filled: Registry, store: Store, part: str, fault: Any
) -> None:
    filled.plan("GET", fault, part, skip=1, times=99)
    with pytest.raises((IntegrityError, NetworkError)):
        fetch_image(client(filled), TAGGED, ARM64, store)
    kept = [path for path in (store.folder / "blobs").iterdir()]  # noqa: C416 - a list to fail with
    assert all(Digest.of(path.read_bytes()).hex == path.name for path in kept)
    assert list((store.folder / "scratch").iterdir()) == []


def test_a_cut_is_got_over(filled: Registry, store: Store) -> None:
    filled.plan("GET", cut_download(7), "/blobs/", times=3)
    found = fetch_image(client(filled), TAGGED, ARM64, store)
    assert all(store.has(each.digest) for each in found.layers)


@pytest.mark.parametrize(
    "more",
    [
        {"config": {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2,
                    "digest": str(Digest.of(b"{}"))}},
        {"config": None},
        {"layers": None},
        {"layers": [7]},
        {"layers": [{**LAYER, "digest": "sha256:0"}]},
        {"layers": [{**LAYER, "size": 9 << 30}]},
        {"layers": [{**LAYER, "mediaType": ELSEWHERE}]},
        {"layers": [LAYER] * 128},
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused(foreign: Foreign, store: Store, more: Any) -> None:
    foreign.docker("1.2.3", **more)
    with pytest.raises(LayoutError) as refused:
        fetch_image(client(foreign.registry), TAGGED, AMD64, store)
    assert "registry.test/team/shop" in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [{"size": 1}, {"mediaType": image.MANIFEST}, {"platform": {"os": "linux"}},
     {"platform": {"os": "linux", "architecture": "arm64"}}, {"platform": 7}],
)  # fmt: skip
def test_an_index_that_lies_is_refused(foreign: Foreign, store: Store, change: Any) -> None:
    platform = {"os": "linux", "architecture": "amd64"}
    foreign.index([{**foreign.docker(), "platform": platform, **change}])
    with pytest.raises(LayoutError):
        Fetcher(client=client(foreign.registry), store=store).find(TAGGED)


@pytest.mark.parametrize("entries", [[], [{}], [7], {}, None, [{}] * 101])
def test_an_index_of_nothing_is_refused(foreign: Foreign, store: Store, entries: Any) -> None:
    foreign.index(entries)
    with pytest.raises(LayoutError):
        Fetcher(client=client(foreign.registry), store=store).find(TAGGED)


def test_an_index_that_names_itself_ends(registry: Registry, store: Store) -> None:
    """An index in an index is no image; there is nothing to go round in."""
    foreign = Foreign(registry)
    inner = foreign.manifest({"schemaVersion": 2, "manifests": []}, image.INDEX)
    foreign.index([{**inner, "platform": {"os": "linux", "architecture": "amd64"}}])
    with pytest.raises(LayoutError):
        fetch_image(client(registry), TAGGED, AMD64, store)


@pytest.mark.parametrize(
    "data", [b"[]", b"7", b"{}", b'{"os":"linux"}', b'{"os":7,"architecture":[]}']
)
def test_a_configuration_of_something_else_is_refused(
    foreign: Foreign, store: Store, data: bytes
) -> None:
    foreign.docker("1.2.3", config=foreign.blob(data, kinds.DOCKER_CONFIG))
    with pytest.raises(LayoutError):
        fetch_image(client(foreign.registry), TAGGED, AMD64, store)


def test_a_configuration_without_end_is_not_read(foreign: Foreign, store: Store) -> None:
    config = {"mediaType": kinds.DOCKER_CONFIG, "digest": str(Digest.of(b"")), "size": 1 << 30}
    foreign.docker("1.2.3", config=config)
    with pytest.raises(LayoutError):
        fetch_image(client(foreign.registry), TAGGED, AMD64, store)
    assert foreign.registry.counted("GET /v2/team/shop/blobs/") == 0


def test_two_at_once_fetch_a_layer_once(filled: Registry, store: Store) -> None:
    filled.plan("GET", slow(0.01), "/blobs/", times=99)
    threads = [
        threading.Thread(target=fetch_image, args=(client(filled), TAGGED, ARM64, store))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for data in LAYERS[ARM64]:
        assert filled.counted(f"GET /v2/team/shop/blobs/{Digest.of(data)}") == 1
