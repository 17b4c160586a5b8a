from __future__ import annotations

import json
from typing import Any

import pytest

from simulators.registry import Registry
from workflow_containers.errors import LayoutError, MissingError
from workflow_containers.oci.image import INDEX, MANIFEST, Document
from workflow_containers.oci.kinds import DOCKER_MANIFEST
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.platform import AMD64, Platform
from workflow_containers.registry.client import Client
from workflow_containers.registry.subject import find
from workflow_sbom.digest import Digest

REPOSITORY = Repository("registry.test", "team/app")
TAG = Reference(REPOSITORY, tag="1")


def push(registry: Registry, value: dict[str, Any], media_type: str = MANIFEST) -> Digest:
    """Put a document there under the tag, and say its digest."""
    data = json.dumps({"schemaVersion": 2, "mediaType": media_type, **value}).encode()
    document = Document(media_type, data)
    repository = registry.repository(REPOSITORY.path)
    repository.manifests[str(document.digest)] = (media_type, data)
    repository.tags["1"] = str(document.digest)
    return document.digest


def entry(digest: Digest, os: str = "linux", architecture: str = "amd64") -> dict[str, Any]:
    platform = {"os": os, "architecture": architecture}
    return {"mediaType": MANIFEST, "digest": str(digest), "size": 1, "platform": platform}


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.mark.parametrize("media_type", [MANIFEST, DOCKER_MANIFEST])
def test_a_tag_is_taken_for_what_it_stands_for_now(registry: Registry, media_type: str) -> None:
    digest = push(registry, {}, media_type)
    found = find(Client(transport=registry), TAG)
    assert (found.descriptor.digest, found.descriptor.media_type) == (digest, media_type)
    assert str(found) == f"registry.test/team/app@{digest}"
    assert str(found.fallback) == f"registry.test/team/app:sha256-{digest.hex}"


def test_the_image_for_one_platform_is_chosen_from_an_index(registry: Registry) -> None:
    wanted, other = Digest.of(b"a"), Digest.of(b"b")
    attestation = entry(Digest.of(b"c"), "unknown", "unknown")
    nowhere = {"mediaType": MANIFEST, "digest": str(Digest.of(b"d")), "size": 1}
    listed = [nowhere, attestation, entry(other, architecture="arm64"), entry(wanted)]
    index = push(registry, {"manifests": listed}, INDEX)
    client = Client(transport=registry)
    assert find(client, TAG, AMD64).descriptor.digest == wanted
    assert find(client, TAG).descriptor.digest == index


def test_a_platform_that_is_not_there_is_told_with_those_that_are(registry: Registry) -> None:
    push(registry, {"manifests": [entry(Digest.of(b"a"))]}, INDEX)
    with pytest.raises(MissingError, match="no image for linux/s390x") as caught:
        find(Client(transport=registry), TAG, Platform("linux", "s390x"))
    assert caught.value.remedy == "it has linux/amd64"


def test_one_image_alone_has_no_platforms_to_choose_from(registry: Registry) -> None:
    push(registry, {})
    with pytest.raises(MissingError) as caught:
        find(Client(transport=registry), TAG, AMD64)
    assert "leave --platform out" in caught.value.remedy


def test_nothing_of_that_name_is_told(registry: Registry) -> None:
    with pytest.raises(MissingError, match=r"registry\.test/team/app:1"):
        find(Client(transport=registry), TAG)


@pytest.mark.parametrize("listed", [None, {}, ["x"], [{"mediaType": "x"}]])
def test_an_index_that_lists_nothing_right_is_refused(registry: Registry, listed: Any) -> None:
    push(registry, {"manifests": listed}, INDEX)
    with pytest.raises(LayoutError):
        find(Client(transport=registry), TAG, AMD64)
