"""A registry as a target: whole or not at all, never backwards, and looked at afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from simulators import images
from simulators.faults import status
from simulators.registry import HOST, Features, Registry
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_containers.oci.reference import Namespace
from workflow_containers.registry.client import Client
from workflow_containers.registry.push import Pusher
from workflow_containers.registry.uploads import Uploads
from workflow_release.errors import TargetError
from workflow_release.judging.gates.interface import Candidate, Gate
from workflow_release.judging.judge import judge
from workflow_release.model import Artifact, Attested, File, Image, Plan, RegistryTarget, Source
from workflow_release.targets.registry import RegistryPublisher
from workflow_release.targets.shipment import Shipment
from workflow_release.targets.shipping import require_free, ship
from workflow_release.version import Version
from workflow_sbom.digest import measure_file

REPOSITORY = "team/shop"
SHOP = Image(name="shop", definition=PurePosixPath("images/shop.toml"), platforms=())
NAMESPACE = Namespace(HOST, "team")
PASSING = Gate(name="passing", concerns="every", check=lambda _: ())


def plan(version: str, commit: str, released: tuple[str, ...] = ()) -> Plan:
    return Plan(
        name="shop",
        version=Version.parse(version),
        source=Source(
            commit=commit, committed_at=datetime(2026, 1, 2, tzinfo=UTC), tag=None,
            refused_tags=(), branch="main", on_main=True, clean=True, repository=None,
        ),
        previous=None,
        released=tuple(map(Version.parse, released)),
        changes=(),
        recipes=(SHOP,),
        targets=(RegistryTarget(namespace=NAMESPACE),),
    )  # fmt: skip


Ships = Callable[..., Shipment]


@pytest.fixture(scope="module")
def shipment(tmp_path_factory: pytest.TempPathFactory) -> Ships:
    """Releases of one small shop; versions share everything but the version itself."""
    folder = tmp_path_factory.mktemp("shop")
    world = images.world(folder / "repository")

    def make(
        version: str = "1.2.3", commit: str = "a" * 40, released: tuple[str, ...] = ()
    ) -> Shipment:
        path = folder / f"{version}-{commit[0]}" / f"shop-{version}.oci.tar"
        inputs = replace(
            world.inputs(version), annotations={"org.opencontainers.image.revision": commit}
        )
        made = build_archive(
            load(world.root / "images/shop.toml"), inputs, world.tools(folder / "store"), path
        )
        measured = measure_file(path)
        artifact = Artifact(
            recipe=SHOP.id, name=path.name, media_type="x", platforms=(), path=path,
            size=measured.size, digest=measured.digest, index=made.index_digest,
        )  # fmt: skip
        attested = Attested(
            artifacts=(artifact,),
            sboms=(File.of(f"{path.name}.cdx.json", "x", b'{"bomFormat":"CycloneDX"}'),),
            release_sbom=File.of(f"shop-{version}.cdx.json", "x", b"{}"),
            sums=File.of("SHA256SUMS", "text/plain", b"sums"),
            provenance=File.of("provenance.sigstore.json", "x", b"{ }"),
        )
        candidate = Candidate(
            plan=plan(version, commit, released),
            attested=attested, evidence=(), locks=(), occupied=(),
        )  # fmt: skip
        record = File.of("release.json", "x", b"{}")
        return Shipment.cleared(judge(candidate, gates=(PASSING,)), record, record)

    return make


@pytest.fixture
def registry() -> Registry:
    return Registry()


def publisher(registry: Registry, target: RegistryTarget | None = None) -> RegistryPublisher:
    uploads = Uploads(client=Client(transport=registry))
    return RegistryPublisher(
        target=target or RegistryTarget(namespace=NAMESPACE), pusher=Pusher(uploads=uploads)
    )


def tags(registry: Registry) -> dict[str, str]:
    return registry.repository(REPOSITORY).tags


def said(registry: Registry) -> dict[str, str]:
    """Types of what refers to an image, and to which."""
    found: dict[str, str] = {}
    for _, data in registry.repository(REPOSITORY).manifests.values():
        value: Any = json.loads(data)
        if "subject" in value:
            found[value["artifactType"]] = value["subject"]["digest"]
    return found


def test_a_release_goes_up_whole_then_by_name_then_names_move(
    registry: Registry, shipment: Ships
) -> None:
    made, target = shipment(), publisher(registry)
    index = str(made.images[0].index)
    assert target.preflight(made.plan) == ()
    target.upload(made)
    assert tags(registry) == {}
    assert said(registry) == {
        "application/vnd.cyclonedx+json": index,
        "application/vnd.dev.sigstore.bundle.v0.3+json": index,
    }
    (published,) = target.publish(made)
    assert tags(registry) == {"1.2.3": index}
    assert published.location == f"{HOST}/team/shop:1.2.3@{index}"
    assert published.created
    moved = target.advance(made)
    assert tags(registry) == dict.fromkeys(("1.2.3", "1.2", "1", "latest"), index)
    assert [each.location for each in moved] == [
        f"{HOST}/team/shop:{name}@{index}" for name in ("1.2", "1", "latest")
    ]


def test_the_second_time_nothing_is_written(registry: Registry, shipment: Ships) -> None:
    made, target = shipment(), publisher(registry)
    ship(made, (target,))
    before, state = len(registry.writes()), dict(registry.repository(REPOSITORY).manifests)
    assert [each.created for each in ship(made, (target,))] == [False]
    again = registry.writes()[before:]
    assert [line for line in again if "/manifests/sha256:" not in line] == []
    assert registry.repository(REPOSITORY).manifests == state


def test_a_version_that_stands_for_another_commit_is_in_the_way(
    registry: Registry, shipment: Ships
) -> None:
    ship(shipment(), (publisher(registry),))
    other = shipment(commit="b" * 40)
    (fault,) = publisher(registry).preflight(other.plan)
    assert fault == f"{HOST}/team/shop:1.2.3 holds an image of {'a' * 40}"
    with pytest.raises(TargetError, match="holds an image of"):
        require_free(other.plan, (publisher(registry),))
    with pytest.raises(TargetError, match="already") as caught:
        ship(other, (publisher(registry),))
    assert caught.value.remedy
    assert tags(registry)["1.2.3"] == str(shipment().images[0].index)


def test_names_never_move_back(registry: Registry, shipment: Ships) -> None:
    newer, older = shipment("1.3.0"), shipment("1.2.4", "b" * 40)
    ship(newer, (publisher(registry),))
    moved = publisher(registry)
    ship(older, (moved,))
    found = tags(registry)
    assert found["latest"] == found["1"] == found["1.3"] == found["1.3.0"]
    assert found["1.2"] == found["1.2.4"] != found["latest"]


def test_a_patch_of_an_old_line_leaves_latest_alone(registry: Registry, shipment: Ships) -> None:
    ship(shipment("1.2.4", "b" * 40, ("1.3.0", "2.0.0")), (publisher(registry),))
    assert set(tags(registry)) == {"1.2.4", "1.2"}


def test_a_prerelease_moves_edge_alone(registry: Registry, shipment: Ships) -> None:
    ship(shipment("1.3.0-dev.4"), (publisher(registry),))
    assert set(tags(registry)) == {"1.3.0-dev.4", "edge"}


def test_nothing_moves_where_that_is_not_wanted(registry: Registry, shipment: Ships) -> None:
    target = RegistryTarget(namespace=NAMESPACE, moving=False)
    ship(shipment(), (publisher(registry, target),))
    assert set(tags(registry)) == {"1.2.3"}


def test_a_name_of_unknown_age_is_told_before_anything_is_built(
    registry: Registry, shipment: Ships
) -> None:
    foreign = json.dumps(
        {"schemaVersion": 2, "mediaType": images_index(), "manifests": []}
    ).encode()
    digest = f"sha256:{hashlib.sha256(foreign).hexdigest()}"
    registry.repository(REPOSITORY).manifests[digest] = (images_index(), foreign)
    tags(registry)["latest"] = digest
    (fault,) = publisher(registry).preflight(shipment().plan)
    assert "latest does not say which version it is" in fault
    assert "moving = false" in fault
    assert (
        publisher(registry, RegistryTarget(namespace=NAMESPACE, moving=False)).preflight(
            shipment().plan
        )
        == ()
    )


def images_index() -> str:
    return "application/vnd.oci.image.index.v1+json"


def test_images_that_are_not_for_this_place_stay_away(registry: Registry, shipment: Ships) -> None:
    target = RegistryTarget(namespace=NAMESPACE, images=("another",))
    assert ship(shipment(), (publisher(registry, target),)) == ()
    assert registry.log == []


def test_who_may_not_push_is_told_before_anything_is_built(
    registry: Registry, shipment: Ships
) -> None:
    registry.plan("POST", status(403), times=99)
    (fault,) = publisher(registry).preflight(shipment().plan)
    assert fault.startswith(f"{HOST}/team/shop: ")


def test_an_archive_that_changed_since_it_was_signed_is_not_pushed(
    registry: Registry, shipment: Ships
) -> None:
    made, other = shipment(), shipment("9.9.9")
    archive, replaced = made.images[0].archive.content, other.images[0].archive.content
    assert isinstance(archive, Path)
    assert isinstance(replaced, Path)
    before = archive.read_bytes()
    archive.write_bytes(replaced.read_bytes())
    try:
        with pytest.raises(TargetError, match="changed after it was signed"):
            publisher(registry).upload(made)
    finally:
        archive.write_bytes(before)
    assert registry.writes() == []


def test_a_registry_without_referrers_keeps_them_by_the_fallback_tag(shipment: Ships) -> None:
    registry = Registry(features=Features(referrers=False))
    made = shipment()
    ship(made, (publisher(registry),))
    assert f"sha256-{made.images[0].index.hex}" in tags(registry)


@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_what_fails_half_way_leaves_no_name(registry: Registry, shipment: Ships, part: str) -> None:
    registry.plan("PUT", status(403), part=part, skip=2, times=99)
    with pytest.raises(TargetError):
        ship(shipment(), (publisher(registry),))
    assert tags(registry) == {}
    registry.planned.clear()
    ship(shipment(), (publisher(registry),))
    assert "1.2.3" in tags(registry)


def test_a_blob_that_the_registry_lost_is_noticed(registry: Registry, shipment: Ships) -> None:
    made, target = shipment(), publisher(registry)
    target.upload(made)
    blobs = registry.repository(REPOSITORY).blobs
    del blobs[max(blobs, key=lambda digest: len(blobs[digest]))]
    with pytest.raises(TargetError, match=r"lacks sha256:|MANIFEST_BLOB_UNKNOWN"):
        target.publish(made)
