"""Real registries behind a connection that is cut, a proxy that fails, and one that lies.

Sockets, time-outs and registries are real; only waiting is not. What reached the registry is
counted by the proxy, which knows nothing of our code.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulators import faults, proxy
from simulators.proxy import Proxy
from simulators.registry import Fault
from support import archives, registries
from support.registries import Registry
from workflow_containers.access.connecting import connect
from workflow_containers.errors import (
    ContainersError,
    IntegrityError,
    NetworkError,
    RegistryError,
)
from workflow_containers.network.clock import Clock
from workflow_containers.oci.layout import Layout
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.registry.client import Client
from workflow_containers.registry.fetching import Fetcher
from workflow_containers.registry.pull import Pulled, pull
from workflow_containers.registry.push import Pushed, Pusher, push
from workflow_containers.registry.shipment import Destination, Shipment, Tag
from workflow_containers.registry.uploads import Uploads
from workflow_containers.store import Store
from workflow_sbom.digest import measure_file

MIB = 1 << 20
CHUNK = MIB
SIZE = 3 * MIB + 5
CUT = 300_001  # bytes into a chunk


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two images of a layer each, so large that it takes four chunks."""
    chance = random.Random(1)
    layers = {platform: (chance.randbytes(SIZE),) for platform in (AMD64, ARM64)}
    return archives.write(tmp_path_factory.mktemp("archive"), layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From us through the proxy to the registry."""

    registry: Registry
    proxy: Proxy
    folder: Path
    slept: list[float] = field(default_factory=list)

    @property
    def client(self) -> Client:
        clock = Clock(sleep=self.slept.append)
        return Client(transport=connect({"HOME": str(self.folder)}, clock=clock))

    @property
    def repository(self) -> Repository:
        return Repository(self.proxy.host, "team/shop")

    def push(self, archive: Path) -> Pushed:
        uploads = Uploads(client=self.client, chunk=CHUNK, whole=MIB // 4)
        destination = Destination(repository=self.repository, tags=(Tag(name="1.2.3"),))
        with Layout(archive) as layout:
            return push(Pusher(uploads=uploads, workers=1), Shipment.of(layout), destination)

    def pull(self) -> Pulled:
        fetcher = Fetcher(client=self.client, store=Store(self.folder / "store"), workers=1)
        reference = Reference(self.repository, tag="1.2.3")
        return pull(fetcher, reference, self.folder / "pulled.tar")

    @property
    def leftovers(self) -> list[Path]:
        """Files that somebody might take for something whole, or that fill the disk."""
        kept = [*self.folder.glob("store/scratch/*"), *self.folder.glob("*.tar*")]
        blobs = self.folder.glob("store/blobs/*")
        return kept + [path for path in blobs if measure_file(path).digest.hex != path.name]


@contextmanager
def through(folder: Path, *, memory: bool = False, buffering: bool = False) -> Iterator[Way]:
    with ExitStack() as stack:
        there = folder / "registry"
        start = registries.in_memory("ociregistry", there) if memory else None
        registry = stack.enter_context(start or registries.distribution(there))
        middle = stack.enter_context(proxy.before(registry.address, buffering=buffering))
        yield Way(registry=registry, proxy=middle, folder=folder)


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    """To docker-registry."""
    with through(tmp_path) as made:
        yield made


def sizes(archive: Path) -> int:
    """How many bytes all blobs have."""
    with Layout(archive) as layout:
        return sum(each.size for each in Shipment.of(layout).blobs)


def is_same(way: Way, archive: Path) -> bool:
    """Whether what comes back, over a way of its own, is what went there."""
    pulled = way.pull()
    return pulled.path.read_bytes() == archive.read_bytes()


# ---------------------------------------------------------------------------------------- uploads


def test_an_upload_that_was_cut_goes_on_from_the_last_byte(archive: Path, tmp_path: Path) -> None:
    """Every byte reaches the registry once, those before the cut too."""
    with through(tmp_path, memory=True) as way:
        way.proxy.plan("PATCH", faults.cut_upload(CUT), skip=1)
        way.push(archive)
        assert way.proxy.uploaded() == sizes(archive)
        cut, resumed = way.proxy.requests("PATCH", "/blobs/uploads/")[1:3]
        assert (cut.bytes, cut.status) == (CUT, 0)
        assert resumed.headers["content-range"].startswith(f"{CHUNK + CUT}-")
        assert is_same(way, archive)


def test_behind_a_proxy_that_buffers_it_goes_on_from_the_last_chunk(
    archive: Path, tmp_path: Path
) -> None:
    """As with nginx before docker-registry: what was cut off never reached it."""
    with through(tmp_path, buffering=True) as way:
        way.proxy.plan("PATCH", faults.cut_upload(CUT), skip=1)
        way.push(archive)
        assert way.proxy.uploaded() == sizes(archive)
        assert is_same(way, archive)


def test_docker_registry_forgets_what_was_cut_and_gets_that_blob_again(
    way: Way, archive: Path
) -> None:
    """It has no word for half a chunk (2.8: "upload resumed at wrong offset"), and answers 404."""
    way.proxy.plan("PATCH", faults.cut_upload(CUT), skip=1)
    way.push(archive)
    assert way.proxy.uploaded() == sizes(archive) + CHUNK + CUT
    assert is_same(way, archive)


@pytest.mark.parametrize("memory", [True, False], ids=["ociregistry", "docker-registry"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize("fault", [faults.cut_before, faults.lose_answer], ids=["before", "after"])
def test_no_cut_at_any_step_matters(
    archive: Path, tmp_path: Path, fault: Fault, method: str, memory: bool
) -> None:
    with through(tmp_path, memory=memory) as way:
        way.proxy.plan(method, fault, skip=1)
        way.push(archive)
        assert is_same(way, archive)


def test_a_connection_that_never_holds_ends_in_an_error_and_no_tag(way: Way, archive: Path) -> None:
    way.proxy.plan("PATCH", faults.cut_upload(CUT), times=1000)
    with pytest.raises(NetworkError) as caught:
        way.push(archive)
    assert caught.value.remedy
    assert way.client.head(Reference(way.repository, tag="1.2.3")) is None


# -------------------------------------------------------------------------------------- downloads


def test_a_download_that_was_cut_goes_on_from_the_last_byte(way: Way, archive: Path) -> None:
    way.push(archive)
    way.proxy.plan("GET", faults.cut_download(MIB + CUT), part="/blobs/", skip=2)
    assert is_same(way, archive)
    resumed = [each for each in way.proxy.requests("GET", "/blobs/") if "range" in each.headers]
    assert [(each.headers["range"], each.status) for each in resumed] == [
        (f"bytes={MIB + CUT}-", 206)
    ]


def test_a_download_that_is_always_cut_leaves_nothing(way: Way, archive: Path) -> None:
    way.push(archive)
    way.proxy.plan("GET", faults.cut_download(5), part="/blobs/", times=1000)
    with pytest.raises(NetworkError):
        way.pull()
    assert way.leftovers == []


@pytest.mark.parametrize(
    "fault",
    [faults.changed, faults.truncated(7), faults.replaced(b"{}"), faults.replaced(b"x" * SIZE)],
    ids=["a bit", "less", "another", "as large"],
)
@pytest.mark.parametrize("part", ["/blobs/", "/manifests/sha256", "/manifests/1.2.3"])
def test_other_bytes_are_found_out_and_leave_nothing(
    way: Way, archive: Path, part: str, fault: Fault
) -> None:
    way.push(archive)
    way.proxy.plan("GET", fault, part=part, times=1000)
    with pytest.raises(ContainersError) as caught:
        way.pull()
    assert isinstance(caught.value, IntegrityError | RegistryError | NetworkError)
    assert caught.value.remedy
    assert way.leftovers == []


def test_a_lie_about_a_digest_is_found_out(way: Way, archive: Path) -> None:
    way.push(archive)
    lie = faults.headers(docker_content_digest=f"sha256:{0:064}")
    way.proxy.plan("GET", lie, part="/manifests/", times=1000)
    with pytest.raises(IntegrityError):
        way.pull()
    assert way.leftovers == []


# ------------------------------------------------------------------------- refusals that pass over

BUSY = [
    pytest.param(faults.status(429, retry_after="7"), id="429"),
    pytest.param(faults.status(500), id="500"),
    pytest.param(faults.status(503, retry_after="7"), id="503"),
]


@pytest.mark.parametrize("fault", BUSY)
@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "PUT"])
def test_a_push_outlasts_a_registry_that_is_busy(
    way: Way, archive: Path, method: str, fault: Fault
) -> None:
    way.proxy.plan(method, fault, skip=1, times=2)
    way.push(archive)
    assert is_same(way, archive)


@pytest.mark.parametrize("fault", BUSY)
def test_a_pull_outlasts_a_registry_that_is_busy(way: Way, archive: Path, fault: Fault) -> None:
    way.push(archive)
    way.proxy.plan("GET", fault, skip=1, times=3)
    assert is_same(way, archive)


def test_it_waits_as_long_as_it_is_told_to(way: Way, archive: Path) -> None:
    way.proxy.plan("POST", faults.status(429, retry_after="7"))
    way.push(archive)
    assert max(way.slept) >= 7


@pytest.mark.parametrize("code", [429, 500, 503])
def test_one_that_stays_busy_is_told_of_and_gets_no_tag(way: Way, archive: Path, code: int) -> None:
    way.proxy.plan("PUT", faults.status(code), part="/manifests/", times=1000)
    with pytest.raises(RegistryError) as caught:
        way.push(archive)
    assert caught.value.status == code
    assert caught.value.remedy
    assert way.client.head(Reference(way.repository, tag="1.2.3")) is None
