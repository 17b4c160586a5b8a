from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from simulators import faults
from simulators.registry import Answer, Asked, Features, Handler, Registry
from workflow_containers.errors import ConflictError, RegistryError
from workflow_containers.network.clock import Clock
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import INDEX, MANIFEST, Document
from workflow_containers.oci.reference import Repository
from workflow_containers.registry.client import Client
from workflow_containers.registry.fallback import Fallback
from workflow_containers.registry.subject import Subject
from workflow_sbom.digest import Digest

PATH = "team/app"
IMAGE = b'{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
SUBJECT = Subject(
    repository=Repository("registry.test", PATH),
    descriptor=Descriptor(media_type=MANIFEST, digest=Digest.of(IMAGE), size=len(IMAGE)),
)
TAG = f"sha256-{Digest.of(IMAGE).hex}"


@dataclass(slots=True)
class Time:
    """A clock that does not wait, and remembers for how long it should have."""

    passed: float = 0
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.passed, sleep=self.slept.append, chance=lambda: 0.5)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def registry() -> Registry:
    made = Registry(features=Features(referrers=False))
    made.repository(PATH).manifests[str(Digest.of(IMAGE))] = (MANIFEST, IMAGE)
    return made


def fallback(registry: Registry) -> Fallback:
    return Fallback(client=Client(transport=registry), subject=SUBJECT)


def referrer(registry: Registry, name: str) -> Descriptor:
    """One that the registry has, for it takes no index of what it has not."""
    data = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "name": name}).encode()
    digest = Digest.of(data)
    registry.repository(PATH).manifests[str(digest)] = (MANIFEST, data)
    return Descriptor(
        media_type=MANIFEST,
        digest=digest,
        size=len(data),
        artifact_type="a/b",
        annotations={"name": name},
    )


def listed(registry: Registry) -> Any:
    repository = registry.repository(PATH)
    media_type, data = repository.manifests[repository.tags[TAG]]
    assert media_type == INDEX
    return json.loads(data)


def names(registry: Registry) -> list[str]:
    return [each["annotations"]["name"] for each in listed(registry)["manifests"]]


def tag(registry: Registry, value: Any, media_type: str = INDEX) -> None:
    data = json.dumps(value).encode()
    digest = str(Digest.of(data))
    registry.repository(PATH).manifests[digest] = (media_type, data)
    registry.repository(PATH).tags[TAG] = digest


def index(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries), **more}


def test_the_first_entry_makes_the_list(registry: Registry, time: Time) -> None:
    entry = referrer(registry, "one")
    fallback(registry).add(entry, time.clock)
    assert listed(registry) == index(
        {
            "mediaType": MANIFEST,
            "digest": str(entry.digest),
            "size": entry.size,
            "artifactType": "a/b",
            "annotations": {"name": "one"},
        }
    )
    assert fallback(registry).listed() == (entry,)


def test_an_entry_that_is_there_is_not_written_again(registry: Registry, time: Time) -> None:
    entry = referrer(registry, "one")
    fallback(registry).add(entry, time.clock)
    writes, time.slept = len(registry.writes()), []
    fallback(registry).add(entry, time.clock)
    assert len(registry.writes()) == writes
    assert time.slept == []


def test_the_order_of_attaching_leaves_no_trace(registry: Registry, time: Time) -> None:
    entries = [referrer(registry, name) for name in ("one", "two", "three")]
    for entry in entries:
        fallback(registry).add(entry, time.clock)
    first = registry.repository(PATH).tags.pop(TAG)
    for entry in reversed(entries):
        fallback(registry).add(entry, time.clock)
    assert registry.repository(PATH).tags[TAG] == first


def test_what_others_say_in_the_list_stays(registry: Registry, time: Time) -> None:
    other = referrer(registry, "other").value() | {"urls": ["https://x.test"], "data": "e30="}
    tag(registry, index(other, annotations={"kept": "yes"}))
    fallback(registry).add(referrer(registry, "ours"), time.clock)
    assert other in listed(registry)["manifests"]
    assert listed(registry)["annotations"] == {"kept": "yes"}


@pytest.mark.parametrize(("taken", "waited"), [(0.01, 0.625), (3, 7.5), (300, 25)])
def test_whoever_wrote_waits_longer_than_another_takes(
    registry: Registry, time: Time, taken: float, waited: float
) -> None:
    def takes_long(asked: Asked, go: Handler) -> Answer:
        time.passed += taken
        return go(asked)

    registry.plan("PUT", takes_long)
    fallback(registry).add(referrer(registry, "one"), time.clock)
    assert time.slept == [waited]


def test_an_entry_that_another_wrote_over_is_written_again(registry: Registry) -> None:
    ours, theirs = referrer(registry, "ours"), referrer(registry, "theirs")
    meanwhile = iter([lambda: tag(registry, index(theirs.value()))] * 2)
    clock = Clock(now=lambda: 0, sleep=lambda _: next(meanwhile, lambda: None)(), chance=lambda: 0)
    fallback(registry).add(ours, clock)
    assert sorted(names(registry)) == ["ours", "theirs"]
    assert registry.counted(f"PUT /v2/{PATH}/manifests/{TAG}") == 3


def test_an_entry_once_seen_is_not_lost_to_a_third(registry: Registry) -> None:
    """Another writes over us and over somebody who had been there: both are put back."""
    first, third = referrer(registry, "first"), referrer(registry, "third")
    tag(registry, index(first.value()))
    once = iter([lambda: tag(registry, index(third.value()))])
    clock = Clock(now=lambda: 0, sleep=lambda _: next(once, lambda: None)(), chance=lambda: 0)
    ours = referrer(registry, "ours")
    fallback(registry).add(ours, clock)
    assert sorted(names(registry)) == ["first", "ours", "third"]


def test_a_tag_that_never_keeps_what_is_written_ends_in_an_error(registry: Registry) -> None:
    theirs = referrer(registry, "theirs")
    clock = Clock(
        now=lambda: 0, sleep=lambda _: tag(registry, index(theirs.value())), chance=lambda: 0
    )
    with pytest.raises(ConflictError, match="entries vanish") as caught:
        fallback(registry).add(referrer(registry, "ours"), clock)
    assert caught.value.remedy
    assert registry.counted(f"PUT /v2/{PATH}/manifests/{TAG}") == 12


def test_many_at_once_all_get_in(registry: Registry) -> None:
    """Eight who know nothing of each other, each with a slow way to the registry."""
    entries = [referrer(registry, str(number)) for number in range(8)]
    registry.plan("", faults.slow(0.005), times=10_000)
    start = threading.Barrier(len(entries))

    def add(entry: Descriptor) -> None:
        start.wait()
        fallback(registry).add(entry, Clock())

    with ThreadPoolExecutor(len(entries)) as pool:
        list(pool.map(add, entries))
    assert sorted(names(registry)) == [str(number) for number in range(8)]


# ------------------------------------------------------------------------ what the tag may be else


def test_a_registry_that_takes_the_tag_for_the_subject_has_no_list(
    registry: Registry, time: Time
) -> None:
    registry.repository(PATH).tags[TAG] = str(Digest.of(IMAGE))
    assert fallback(registry).listed() == ()
    fallback(registry).add(referrer(registry, "one"), time.clock)
    assert names(registry) == ["one"]


def test_a_registry_that_takes_it_for_the_subject_for_ever_is_told(
    registry: Registry, time: Time
) -> None:
    registry.plan("GET", faults.replaced(IMAGE), TAG, times=100)
    registry.plan("GET", faults.headers(**{"docker-content-digest": None}), TAG, times=100)
    registry.plan("GET", faults.headers(**{"content-type": MANIFEST}), TAG, times=100)
    registry.repository(PATH).tags[TAG] = str(Digest.of(IMAGE))
    with pytest.raises(ConflictError, match="was written, and is not there"):
        fallback(registry).add(referrer(registry, "one"), time.clock)
    assert registry.counted(f"PUT /v2/{PATH}/manifests/{TAG}") == 1


@pytest.mark.parametrize(
    "media_type", [MANIFEST, "application/vnd.docker.distribution.manifest.v1+json"]
)
def test_a_tag_of_an_image_is_left_alone(registry: Registry, time: Time, media_type: str) -> None:
    tag(registry, {"schemaVersion": 2, "layers": []}, media_type)
    before = registry.repository(PATH).tags[TAG]
    assert fallback(registry).listed() == ()
    with pytest.raises(ConflictError, match="is no list of what refers"):
        fallback(registry).add(referrer(registry, "one"), time.clock)
    assert registry.repository(PATH).tags[TAG] == before


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, "no list"),
        ("x", "no list"),
        ([1], "no descriptor"),
        ([{"mediaType": MANIFEST, "digest": "sha256:0", "size": 1}], "is no SHA-256 digest"),
        (
            [{"mediaType": MANIFEST, "digest": f"sha256:{0:064}", "size": 1}] * 1001,
            "more than 1000",
        ),
    ],
)
def test_a_list_that_can_not_be_true_is_refused_and_not_written_over(
    registry: Registry, time: Time, entries: Any, message: str
) -> None:
    tag(registry, {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    before = registry.repository(PATH).tags[TAG]
    with pytest.raises(RegistryError, match=message):
        fallback(registry).add(referrer(registry, "one"), time.clock)
    with pytest.raises(RegistryError, match=message):
        fallback(registry).listed()
    assert registry.repository(PATH).tags[TAG] == before


def test_a_fraction_that_others_wrote_is_kept_to_the_digit(registry: Registry, time: Time) -> None:
    tag(registry, index(more=1.50))
    fallback(registry).add(referrer(registry, "one"), time.clock)
    kept = registry.repository(PATH)
    _, data = kept.manifests[kept.tags[TAG]]
    assert b'"more":1.5,' in data


def test_documents_are_compared_by_their_bytes(registry: Registry, time: Time) -> None:
    """An index that somebody else's program wrote, in its own order and spacing, is kept."""
    first, second = referrer(registry, "one"), referrer(registry, "two")
    data = json.dumps(index(*sorted((first.value(), second.value()), key=str)), indent=3).encode()
    document = Document(INDEX, data)
    registry.repository(PATH).manifests[str(document.digest)] = (INDEX, data)
    registry.repository(PATH).tags[TAG] = str(document.digest)
    fallback(registry).add(first, time.clock)
    assert registry.repository(PATH).tags[TAG] == str(document.digest)
