"""What is attached to an image, between us and others: oras, cosign, and three kinds of registries.

docker-registry knows nothing of subjects; ociregistry does; go-containerregistry lists them, and
does not say so.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators import releases
from support import clients, registries, shops
from support.clients import Client
from support.person import CONTAINERS, User
from support.registries import Registry
from support.shops import Shop

INDEX = "application/vnd.oci.image.index.v1+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
STATEMENT = "https://in-toto.io/Statement/v1"
SLSA = "https://slsa.dev/provenance/v1"
IMAGE = "team/shop:1.2.3"
KEY = releases.signer(1)
SBOM = b'{"bomFormat": "CycloneDX", "specVersion": "1.6"}\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return shops.built(tmp_path_factory.mktemp("shop"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An image in a registry, and a person with a file to attach to it."""

    registry: Registry
    user: User
    oras: Client
    folder: Path

    @property
    def image(self) -> str:
        return self.registry.name(IMAGE)

    def file(self, name: str, data: bytes = SBOM) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def json(self, *words: str) -> Any:
        done = self.user.containers(*words, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def discovered(self, name: str) -> dict[str, str]:
        """What oras finds: types by digest."""
        told = self.oras.tell("discover", "--plain-http", "--format=json", "--depth=1", name)
        return {each["digest"]: each["artifactType"] for each in json.loads(told)["referrers"]}


def distribution(folder: Path) -> AbstractContextManager[Registry]:
    return registries.distribution(folder)


def ociregistry(folder: Path) -> AbstractContextManager[Registry]:
    return registries.in_memory("ociregistry", folder)


def go_containerregistry(folder: Path) -> AbstractContextManager[Registry]:
    return registries.in_memory("go-containerregistry", folder)


def made(
    start: Callable[[Path], AbstractContextManager[Registry]], shop: Shop, folder: Path
) -> Iterator[Place]:
    with start(folder / "registry") as registry:
        place = Place(
            registry=registry,
            user=User(home=folder / "home", cache=folder / "cache"),
            oras=clients.oras(folder / "oras"),
            folder=folder,
        )
        pushed = place.user.containers("push", str(shop.archive), registry.name("team/shop"))
        assert pushed.code == 0, pushed.err
        yield place


@pytest.fixture(
    params=[distribution, ociregistry, go_containerregistry], ids=lambda kind: kind.__name__
)
def place(request: pytest.FixtureRequest, shop: Shop, tmp_path: Path) -> Iterator[Place]:
    yield from made(request.param, shop, tmp_path)


@pytest.fixture
def without_referrers(shop: Shop, tmp_path: Path) -> Iterator[Place]:
    """docker-registry."""
    yield from made(distribution, shop, tmp_path)


def test_what_we_attach_others_find_and_pull(place: Place, shop: Shop, tmp_path: Path) -> None:
    attached = place.json("attach", place.image, place.file("shop.cdx.json"))
    assert attached["subject"] == shop.digests.index
    digest = attached["digest"]
    assert digest in place.discovered(place.image)
    place.oras.tell("pull", "--plain-http", "--output", tmp_path / "got", attached["reference"])
    assert (tmp_path / "got/shop.cdx.json").read_bytes() == SBOM
    manifest = place.oras.tell("manifest", "fetch", "--plain-http", attached["reference"])
    assert json.loads(manifest)["artifactType"] == CYCLONEDX


def test_what_others_attach_we_find_and_download(place: Place, tmp_path: Path) -> None:
    place.file("theirs.cdx.json")
    words = ("attach", "--plain-http", "--artifact-type", CYCLONEDX, "--disable-path-validation")
    place.oras.tell(*words, place.image, f"{tmp_path / 'theirs.cdx.json'}:{CYCLONEDX}")
    (found,) = place.json("referrers", place.image, "--type", CYCLONEDX)
    assert found["digest"] in place.discovered(place.image)
    assert found["type"] == CYCLONEDX


def test_a_name_of_theirs_with_a_path_in_it_is_not_written(place: Place, tmp_path: Path) -> None:
    """oras names a file by the path it was given; ours is no place for that."""
    theirs = tmp_path / "theirs.json"
    theirs.write_bytes(SBOM)
    words = ("attach", "--plain-http", "--artifact-type", "a/b", "--disable-path-validation")
    place.oras.tell(*words, place.image, theirs)
    refused = place.user.containers(
        "referrers", place.image, "--download", str(tmp_path / "downloaded")
    )
    assert refused.code == 32
    assert "no name of a file" in refused.err
    assert not (tmp_path / "downloaded").exists()


def test_theirs_and_ours_stand_side_by_side(place: Place, tmp_path: Path) -> None:
    ours = place.json("attach", place.image, place.file("a.cdx.json"))["digest"]
    oras = Client(place.oras.argv, tmp_path)
    words = ("attach", "--plain-http", "--artifact-type", "text/note", place.image)
    place.file("note.txt", b"note")
    oras.tell(*words, "note.txt:text/plain")
    again = place.json("attach", place.image, place.file("b.cdx.json", b"{}"))["digest"]
    listed = {each["digest"]: each["type"] for each in place.json("referrers", place.image)}
    assert len(listed) == 3
    assert listed[ours] == listed[again] == CYCLONEDX
    assert place.discovered(place.image).keys() == listed.keys()
    downloaded = place.user.containers("referrers", place.image, "--download", str(tmp_path / "d"))
    assert downloaded.code == 0, downloaded.err
    assert sorted(path.name for path in (tmp_path / "d").glob("*/*")) == [
        "a.cdx.json", "b.cdx.json", "note.txt",
    ]  # fmt: skip


def signed(digest: str) -> bytes:
    """A Sigstore bundle of ours that says something about an image."""
    subject = {"name": "shop", "digest": {"sha256": digest.removeprefix("sha256:")}}
    stated = {"_type": STATEMENT, "subject": [subject], "predicateType": SLSA, "predicate": {}}
    return KEY.sign_statement(json.dumps(stated).encode())


def test_a_bundle_that_we_attach_is_found_and_verified_by_cosign(
    place: Place, shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_bytes(KEY.public_key_pem)
    cosign = clients.cosign(tmp_path)
    place.json("attach", place.image, place.file("shop.cdx.json"))
    place.json("attach", place.image, place.file("another.sigstore.json", signed(f"{0:064}")))
    missing = cosign.ask(tmp_path / "key.pem", place.image)
    assert missing.returncode == 1
    attached = place.json(
        "attach", place.image, place.file("shop.sigstore.json", signed(shop.digests.index))
    )
    assert attached["annotations"]["dev.sigstore.bundle.predicateType"] == SLSA
    (verified,) = cosign.tell(tmp_path / "key.pem", place.image).splitlines()
    statement = json.loads(base64.b64decode(json.loads(verified)["payload"]))
    assert statement["predicateType"] == SLSA


def test_twice_is_once(place: Place) -> None:
    words = ("attach", place.image, place.file("shop.cdx.json"))
    first, second = place.json(*words), place.json(*words)
    assert first == second
    assert len(place.discovered(place.image)) == 1


def test_each_platform_has_its_own(place: Place) -> None:
    file = place.file("shop.cdx.json")
    attached = place.json("attach", "--platform", "linux/arm64", place.image, file)
    assert place.discovered(place.image) == {}
    one = f"{place.registry.name('team/shop')}@{attached['subject']}"
    assert list(place.discovered(one)) == [attached["digest"]]
    assert [each["digest"] for each in place.json("referrers", one)] == [attached["digest"]]


def test_the_tag_is_as_the_specification_has_it(without_referrers: Place, shop: Shop) -> None:
    place = without_referrers
    digests = [
        place.json("attach", place.image, place.file(f"{n}.cdx.json", str(n).encode()))["digest"]
        for n in range(3)
    ]
    tag = shop.digests.index.replace(":", "-")
    url = f"http://{place.registry.address}/v2/team/shop/manifests/{tag}"
    answer = httpx.get(url, headers={"Accept": INDEX})
    assert answer.headers["content-type"] == INDEX
    assert answer.json()["mediaType"] == INDEX
    assert [each["digest"] for each in answer.json()["manifests"]] == sorted(digests)
    assert {each["artifactType"] for each in answer.json()["manifests"]} == {CYCLONEDX}


def test_of_many_who_attach_at_once_none_is_lost(without_referrers: Place) -> None:
    """Processes that know nothing of each other, one tag without a lock."""
    place = without_referrers
    files = [place.file(f"{n}.cdx.json", str(n).encode()) for n in range(6)]
    running = [
        subprocess.Popen(
            [CONTAINERS, "attach", "--json", place.image, file],
            env=place.user.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for file in files
    ]
    told = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * len(files), told
    attached = {json.loads(out)["digest"] for out, _ in told}
    assert place.discovered(place.image).keys() == attached
