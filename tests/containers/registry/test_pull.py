from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import changed, status
from simulators.registry import Registry
from support.archives import LAYERS, SHOP, Archives, client, pusher, to, write
from support.foreign_images import Foreign
from workflow_containers.errors import ContainersError, IntegrityError, LayoutError
from workflow_containers.oci import image, kinds
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.registry.fetching import Fetcher
from workflow_containers.registry.pull import VERSION, Pulled, pull
from workflow_containers.registry.push import push
from workflow_containers.registry.shipment import Shipment
from workflow_containers.store import Store
from workflow_sbom.digest import Digest, measure_file

TAGGED = Reference(SHOP, tag="1.2.3")


@pytest.fixture
def original(registry: Registry, tmp_path: Path) -> Path:
    path = write(tmp_path / "original")
    with Layout(path) as layout:
        push(pusher(registry), Shipment.of(layout), to(SHOP, "1.2.3"))
    return path


@pytest.fixture
def fetcher(registry: Registry, tmp_path: Path) -> Fetcher:
    return Fetcher(client=client(registry), store=Store(tmp_path / "pulled"))


def test_what_was_pushed_comes_back_to_the_byte(
    original: Path, fetcher: Fetcher, tmp_path: Path
) -> None:
    pulled = pull(fetcher, TAGGED, tmp_path / "back.tar")
    assert pulled.path.read_bytes() == original.read_bytes()
    assert pulled.archive == measure_file(original)
    assert pulled.is_same
    assert pulled.platforms == (AMD64, ARM64)
    assert len(pulled.layers) == len(pulled.fetched) == 3


def test_by_digest_the_image_itself_says_its_version(
    original: Path, fetcher: Fetcher, tmp_path: Path
) -> None:
    with Layout(original) as layout:
        reference = Reference(SHOP, digest=layout.index)
    pulled = pull(fetcher, reference, tmp_path / "back.tar")
    assert pulled.path.read_bytes() == original.read_bytes()


def test_a_second_pull_fetches_no_layer(
    original: Path, registry: Registry, fetcher: Fetcher, tmp_path: Path
) -> None:
    pull(fetcher, TAGGED, tmp_path / "a.tar")
    registry.log.clear()
    pulled = pull(fetcher, TAGGED, tmp_path / "b.tar")
    assert pulled.fetched == ()
    assert registry.counted("GET /v2/team/shop/blobs/") == 0
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    assert original.exists()


def test_one_platform(original: Path, fetcher: Fetcher, tmp_path: Path) -> None:
    pulled = pull(fetcher, TAGGED, tmp_path / "one.tar", ARM64)
    with Layout(original) as whole, Layout(pulled.path) as one:
        assert [each.platform for each in one.images] == [ARM64]
        assert one.image(ARM64) == whole.image(ARM64)
        assert one.index == pulled.index != whole.index
        assert one.version == "1.2.3"
    assert not pulled.is_same
    assert {each.digest for each in pulled.fetched} == set(map(Digest.of, LAYERS[ARM64]))


def test_the_file_is_named_as_an_archive_is(
    original: Path, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert pull(fetcher, TAGGED).path == Path(original.name)


@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_a_failure_leaves_no_file(
    original: Path, registry: Registry, fetcher: Fetcher, tmp_path: Path, part: str
) -> None:
    for fault, skip in ((changed, 0), (status(500), 2)):
        registry.plan("GET", fault, part, skip=skip, times=99)
        with pytest.raises(ContainersError):
            pull(fetcher, TAGGED, tmp_path / "out" / "x.tar")
        registry.planned.clear()
    assert original.exists()
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_an_archive_that_was_there_stays_when_a_pull_fails(
    original: Path, registry: Registry, fetcher: Fetcher
) -> None:
    before = original.read_bytes()
    registry.plan("GET", changed, "/blobs/", times=99)
    with pytest.raises(IntegrityError):
        pull(fetcher, TAGGED, original)
    assert original.read_bytes() == before


def readable(pulled: Pulled) -> Layout:
    return Layout(pulled.path)


def test_dockers_image_becomes_ocis(registry: Registry, fetcher: Fetcher, tmp_path: Path) -> None:
    foreign = Foreign(registry)
    diff_ids = {"rootfs": {"diff_ids": [str(Digest.of(b"tar"))]}}
    config = {"os": "linux", "architecture": "amd64", **diff_ids}
    described = foreign.blob(json.dumps(config).encode(), kinds.DOCKER_CONFIG)
    foreign.docker("1.2.3", config=described)
    pulled = pull(fetcher, TAGGED, tmp_path / "x.tar")
    assert not pulled.is_same
    with readable(pulled) as layout:
        found = layout.image(AMD64)
        assert str(found.config_digest) == described["digest"]  # the image's ID is what it was
        assert [layer.blob.media_type for layer in found.layers] == [image.LAYER]
        assert layout.version == "1.2.3"


def test_attestations_are_left_out(
    registry: Registry, original: Path, fetcher: Fetcher, tmp_path: Path
) -> None:
    foreign = Foreign(registry)
    with Layout(original) as layout:
        entries = [
            {"mediaType": image.MANIFEST, "digest": str(each.manifest),
             "size": len(layout.document(each.manifest)),
             "platform": {"os": each.platform.os, "architecture": each.platform.architecture,
                          "variant": "v8"}}
            for each in layout.images
        ]  # fmt: skip
    attested = {"platform": {"os": "unknown", "architecture": "unknown"}}
    entries.append({**foreign.blob(b"no image", image.MANIFEST), **attested})
    foreign.index(entries, annotations={"a": "b"})
    pulled = pull(fetcher, TAGGED, tmp_path / "x.tar")
    with readable(pulled) as layout:
        assert len(layout.images) == 2
        index = layout.document(layout.index)
        assert b'"annotations":{"a":"b"}' in index
        assert index.count(b'"variant":"v8"') == 2


def test_a_name_in_the_image_does_not_decide_what_it_is_loaded_as(
    registry: Registry, archives: Archives, fetcher: Fetcher, tmp_path: Path
) -> None:
    push(pusher(registry), archives.shipment(name="postgres"), to(SHOP, "1.2.3"))
    pulled = pull(fetcher, TAGGED, tmp_path / "x.tar")
    assert b"docker.io/library/shop:1.2.3" in pulled.path.read_bytes()
    assert b"postgres" not in pulled.path.read_bytes()


@pytest.mark.parametrize("more", [{"annotations": {"a": 1.5}}, {"annotations": []}])
def test_annotations_that_are_no_texts_are_refused(
    registry: Registry, fetcher: Fetcher, tmp_path: Path, more: dict[str, Any]
) -> None:
    foreign = Foreign(registry)
    platform = {"os": "linux", "architecture": "amd64"}
    foreign.index([{**foreign.docker(), "platform": platform}], **more)
    with pytest.raises(LayoutError, match="annotations"):
        pull(fetcher, TAGGED, tmp_path / "x.tar")


@pytest.mark.parametrize("variant", [1.5, {"a": 1}, ["v8", 1], True])
def test_a_platform_that_is_no_text_is_refused(
    registry: Registry, fetcher: Fetcher, tmp_path: Path, variant: object
) -> None:
    foreign = Foreign(registry)
    platform = {"os": "linux", "architecture": "amd64", "variant": variant}
    foreign.index([{**foreign.docker(), "platform": platform}])
    with pytest.raises(LayoutError, match="platform"):
        pull(fetcher, TAGGED, tmp_path / "x.tar")


def test_an_image_alone_gets_an_index(registry: Registry, fetcher: Fetcher, tmp_path: Path) -> None:
    """What its configuration says of its variant is kept when that is a text."""
    foreign = Foreign(registry)
    for variant, kept in (("v1", True), (1.5, False)):
        config = {"os": "linux", "architecture": "amd64", "variant": variant,
                  "rootfs": {"diff_ids": [str(Digest.of(b"tar"))]}}  # fmt: skip
        described = foreign.blob(json.dumps(config).encode(), kinds.DOCKER_CONFIG)
        foreign.docker("1.2.3", config=described)
        pulled = pull(fetcher, TAGGED, tmp_path / "x.tar")
        with readable(pulled) as layout:
            assert (b'"variant":"v1"' in layout.document(layout.index)) is kept


def test_without_tag_and_version_the_digest_is_the_name(
    registry: Registry, fetcher: Fetcher, tmp_path: Path
) -> None:
    foreign = Foreign(registry)
    digest, odd = Digest.of(b""), {"annotations": {VERSION: "a/b"}}
    more: tuple[dict[str, Any], ...] = (odd, {})
    for said in more:
        platform = {"os": "linux", "architecture": "amd64"}
        foreign.index([{**foreign.docker(), "platform": platform}], **said)
        digest = Digest.parse(registry.repository(SHOP.path).tags["1.2.3"])
        pulled = pull(fetcher, Reference(SHOP, digest=digest), tmp_path / "x.tar")
        assert f"shop:sha256-{digest.hex}-amd64".encode() in pulled.path.read_bytes()
    registry.repository(SHOP.path).tags["latest"] = str(digest)
    pulled = pull(fetcher, Reference(SHOP), tmp_path / "x.tar")
    assert b"shop:latest-amd64" in pulled.path.read_bytes()
