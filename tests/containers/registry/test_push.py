from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from simulators.faults import lose_answer, slow, status
from simulators.registry import Answer, Asked, Handler, Registry
from support.archives import LAYERS, SHOP, TILL, Archives, client, holds, pusher, to
from workflow_containers.errors import (
    ConflictError,
    ContainersError,
    CredentialsError,
    ImageNameError,
    RegistryError,
)
from workflow_containers.network.clock import Clock
from workflow_containers.oci.reference import Reference
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.registry.push import Failed, Pushed, push
from workflow_containers.registry.rehearsal import Rehearsal
from workflow_containers.registry.shipment import Shipment, Tag
from workflow_containers.registry.uploads import Placed
from workflow_sbom.digest import Digest

OTHER = {AMD64: (b"other", b"application" * 10)}


def tag(registry: Registry, name: str = "1.2.3") -> str | None:
    return registry.repository(SHOP.path).tags.get(name)


def test_an_image_goes_up_whole(registry: Registry, archives: Archives) -> None:
    shipment = archives.shipment()
    pushed = push(pusher(registry), shipment, to(SHOP, "1.2.3"))
    assert holds(registry, SHOP, shipment)
    assert tag(registry) == str(shipment.index.digest)
    assert str(pushed.reference) == f"registry.test/team/shop@{shipment.index.digest}"
    assert (
        pushed.count(Placed.UPLOADED) == 5
    )  # three layers, one of them shared; two configurations
    assert pushed.size(Placed.UPLOADED) == sum(blob.size for blob in shipment.blobs)
    assert pushed.written == 4


def test_what_names_others_goes_up_after_them(registry: Registry, archives: Archives) -> None:
    shipment = archives.shipment()
    push(pusher(registry), shipment, to(SHOP, "1.2.3", "latest"))
    puts = [line.rpartition("/")[2] for line in registry.writes() if "/manifests/" in line]
    first, second, *rest = puts
    assert {first, second} == {str(each.digest) for each in shipment.manifests}
    assert rest == [str(shipment.index.digest), "1.2.3", "latest"]
    assert "/manifests/" not in "".join(registry.writes()[:-5])


def test_pushing_twice_is_pushing_once(registry: Registry, archives: Archives) -> None:
    shipment = archives.shipment()
    push(pusher(registry), shipment, to(SHOP, "1.2.3"))
    registry.log.clear()
    again = push(pusher(registry), shipment, to(SHOP, "1.2.3"))
    assert registry.writes() == []
    assert again.count(Placed.PRESENT) == 5
    assert again.written == 0


def test_what_went_missing_is_mended(registry: Registry, archives: Archives) -> None:
    shipment = archives.shipment()
    push(pusher(registry), shipment, to(SHOP, "1.2.3"))
    there = registry.repository(SHOP.path)
    del there.blobs[str(shipment.blobs[0].digest)]
    del there.manifests[str(shipment.manifests[0].digest)]
    again = push(pusher(registry), shipment, to(SHOP, "1.2.3"))
    assert holds(registry, SHOP, shipment)
    assert (again.count(Placed.UPLOADED), again.written) == (1, 1)


def test_a_version_is_never_moved(registry: Registry, archives: Archives) -> None:
    first = archives.shipment()
    push(pusher(registry), first, to(SHOP, "1.2.3"))
    registry.log.clear()
    second = archives.shipment(OTHER)
    with pytest.raises(ConflictError, match=r"1\.2\.3 is sha256") as refused:
        push(pusher(registry), second, to(SHOP, "1.2.3", "1.2.4"))
    assert "--move" in refused.value.remedy
    assert registry.writes() == []
    assert tag(registry) == str(first.index.digest)


def test_a_name_that_moves_is_moved(registry: Registry, archives: Archives) -> None:
    push(pusher(registry), archives.shipment(), to(SHOP, "latest"))
    second = archives.shipment(OTHER)
    push(pusher(registry), second, to(SHOP, "latest", moves=True))
    assert tag(registry, "latest") == str(second.index.digest)


def test_without_a_tag_it_is_there_by_digest(registry: Registry, archives: Archives) -> None:
    shipment = archives.shipment()
    pushed = push(pusher(registry), shipment, to(SHOP))
    assert registry.repository(SHOP.path).tags == {}
    assert client(registry).manifest(pushed.reference) == shipment.index


def test_shared_layers_are_mounted(registry: Registry, archives: Archives) -> None:
    first, second = archives.shipment(), archives.shipment(OTHER, name="till")
    pushed = push(pusher(registry), first, to(SHOP, "1"))
    known = {blob.digest: SHOP for blob in pushed.blobs}
    again = push(pusher(registry), second, to(TILL, "1"), known)
    assert again.count(Placed.MOUNTED) == 1
    assert holds(registry, TILL, second)


def test_a_tag_that_is_none_is_refused_before_anything() -> None:
    with pytest.raises(ImageNameError):
        to(SHOP, "no/tag")
    with pytest.raises(ImageNameError):
        to(SHOP, "1", "")


@pytest.mark.parametrize("part", ["/blobs/", "/manifests/sha256", "/manifests/1.2.3"])
def test_a_refusal_leaves_no_tag(registry: Registry, archives: Archives, part: str) -> None:
    registry.plan("POST" if "blobs" in part else "PUT", status(403), part, times=99)
    with pytest.raises(CredentialsError):
        push(pusher(registry), archives.shipment(), to(SHOP, "1.2.3"))
    assert tag(registry) is None


def test_the_first_failure_ends_the_rest(registry: Registry, archives: Archives) -> None:
    layers = {AMD64: tuple(b"%d" % number * 30 for number in range(40))}
    registry.plan("POST", status(403), times=999)
    with pytest.raises(CredentialsError):
        push(pusher(registry), archives.shipment(layers), to(SHOP, "1"))
    assert registry.counted("POST") < 20


def test_an_answer_to_a_tag_that_was_lost_is_an_error_and_pushing_again_is_enough(
    registry: Registry, archives: Archives
) -> None:
    registry.plan("PUT", lose_answer, "/manifests/1.2.3")
    shipment = archives.shipment()
    with pytest.raises(ContainersError):
        push(pusher(registry), shipment, to(SHOP, "1.2.3"))
    registry.log.clear()
    push(pusher(registry), shipment, to(SHOP, "1.2.3"))
    assert registry.writes() == []


def test_a_tag_that_another_moved_at_once_is_told(registry: Registry, archives: Archives) -> None:
    other = str(push(pusher(registry), archives.shipment(OTHER), to(SHOP)).digest)

    def overtaken(asked: Asked, go: Handler) -> Answer:
        answer = go(asked)
        registry.repository(SHOP.path).tags["1.2.3"] = other
        return answer

    registry.plan("PUT", overtaken, "/manifests/1.2.3")
    with pytest.raises(ConflictError):
        push(pusher(registry), archives.shipment(), to(SHOP, "1.2.3"))
    registry.plan("PUT", overtaken, "/manifests/1.2.3")
    with pytest.raises(ConflictError, match="at the same time"):
        push(pusher(registry), archives.shipment(), to(SHOP, "1.2.3", moves=True))


def together(registry: Registry, *shipments: Shipment) -> list[Pushed | Failed]:
    """Push in threads at once; the outcomes in order."""
    done: dict[int, Pushed | Failed] = {}
    start = threading.Barrier(len(shipments))

    def one(number: int, shipment: Shipment) -> None:
        start.wait()
        destination = to(SHOP, "1.2.3")
        try:
            done[number] = push(pusher(registry), shipment, destination)
        except ContainersError as error:
            done[number] = Failed(destination=destination, error=error)

    threads = [threading.Thread(target=one, args=each) for each in enumerate(shipments)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [done[number] for number in range(len(shipments))]


@pytest.mark.parametrize("pause", [0.0, 0.005])
def test_two_push_the_same_at_once(registry: Registry, archives: Archives, pause: float) -> None:
    shipment = archives.shipment()
    registry.plan("", slow(pause), times=200)
    outcomes = together(registry, *[shipment] * 3)
    assert all(isinstance(each, Pushed) for each in outcomes)
    assert holds(registry, SHOP, shipment)
    assert tag(registry) == str(shipment.index.digest)


@pytest.mark.parametrize("_", range(5))
def test_two_push_different_images_to_one_tag(
    registry: Registry, archives: Archives, _: int
) -> None:
    """Whoever has it in the end knows, and has it whole; the other is told, or had it before."""
    both = (archives.shipment(), archives.shipment(OTHER))
    outcomes = together(registry, *both)
    winner = next(each for each in both if str(each.index.digest) == tag(registry))
    assert holds(registry, SHOP, winner)
    assert isinstance(outcomes[both.index(winner)], Pushed)
    lost = outcomes[1 - both.index(winner)]
    assert isinstance(lost, Pushed) or isinstance(lost.error, ConflictError)


def test_a_rehearsal_says_what_a_push_would_do_and_does_nothing(
    registry: Registry, archives: Archives
) -> None:
    push(pusher(registry), archives.shipment(OTHER), to(SHOP, "1"))
    registry.log.clear()
    shipment, known = archives.shipment(), {Digest.of(b"application" * 10): TILL}
    before = repr(registry.repositories)
    rehearsed = push(pusher(Rehearsal(registry)), shipment, to(SHOP, "1.2.3"), known)
    assert registry.writes() == []
    assert repr(registry.repositories) == before
    pushed = push(pusher(registry), shipment, to(SHOP, "1.2.3"), known)
    assert pushed == rehearsed
    assert pushed.count(Placed.UPLOADED) == 4
    assert pushed.count(Placed.PRESENT) == 1


def test_a_rehearsal_knows_of_conflicts(registry: Registry, archives: Archives) -> None:
    push(pusher(registry), archives.shipment(OTHER), to(SHOP, "1.2.3"))
    with pytest.raises(ConflictError):
        push(pusher(Rehearsal(registry)), archives.shipment(), to(SHOP, "1.2.3"))


@dataclass(slots=True)
class Watcher:
    """Counts what it is told; several threads tell it."""

    expected: int = 0
    said: list[tuple[str, str]] = field(default_factory=list)

    def expect(self, tasks: int) -> None:
        self.expected += tasks

    def started(self, task: str) -> None:
        self.said.append(("started", task))

    def finished(self, task: str, *, reused: bool) -> None:
        self.said.append(("reused" if reused else "finished", task))

    def failed(self, task: str, log: Path | None) -> None:
        self.said.append(("failed", task))

    def skipped(self, task: str, because: str) -> None:
        self.said.append(("skipped", task))

    def note(self, text: str) -> None:
        self.said.append(("note", text))


def test_whoever_watches_is_told_of_each_blob(registry: Registry, archives: Archives) -> None:
    watcher = Watcher()
    shipment = archives.shipment()
    push(replace(pusher(registry), progress=watcher), shipment, to(SHOP, "1"))
    assert watcher.expected == 5
    assert sum(kind == "finished" for kind, _ in watcher.said) == 5
    watcher.said.clear()
    registry.repositories.clear()
    registry.plan("POST", status(403), times=99)
    with pytest.raises(CredentialsError):
        push(replace(pusher(registry), progress=watcher), shipment, to(SHOP, "1"))
    assert "failed" in {kind for kind, _ in watcher.said}


def test_a_shipment_names_each_blob_once_and_the_largest_first(archives: Archives) -> None:
    shipment = archives.shipment({**LAYERS, ARM64: LAYERS[AMD64]})
    sizes = [blob.size for blob in shipment.blobs]
    assert sizes == sorted(sizes, reverse=True)
    assert len({blob.digest for blob in shipment.blobs}) == len(shipment.blobs) == 4
    assert shipment.version == "1.2.3"


def test_a_reference_for_each_name() -> None:
    assert to(SHOP, "1").reference(Tag(name="1")) == Reference(SHOP, tag="1")
    assert str(to(SHOP, "1", "2")) == "registry.test/team/shop:1,2"


def test_blobs_that_are_not_seen_for_a_moment_are_waited_for(
    registry: Registry, archives: Archives
) -> None:
    slept: list[float] = []
    clock = Clock(sleep=slept.append)
    registry.plan("PUT", status(400), "/manifests/", times=2)
    made = push(replace(pusher(registry), clock=clock), archives.shipment(), to(SHOP, "1.2.3"))
    assert registry.repository(SHOP.path).tags == {"1.2.3": str(made.digest)}
    assert len(slept) == 2


def test_a_manifest_that_stays_refused_is_told(registry: Registry, archives: Archives) -> None:
    clock = Clock(sleep=lambda _: None)
    registry.plan("PUT", status(400), "/manifests/", times=99)
    with pytest.raises(RegistryError):
        push(replace(pusher(registry), clock=clock), archives.shipment(), to(SHOP, "1.2.3"))
    assert registry.repository(SHOP.path).tags == {}
