"""Push and pull over real connections: the whole way from sockets up, against a registry that
cuts them."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.faults import cut_before, cut_download, cut_upload, headers, status
from simulators.registry import Features, Login, Registry
from simulators.registry_server import serving
from support.archives import Archives, client, holds, pusher, to, write
from workflow_containers.access.connecting import connect
from workflow_containers.access.credentials import Basic
from workflow_containers.errors import CredentialsError, MissingError
from workflow_containers.network.clock import Clock
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.oci import image
from workflow_containers.oci.content import Content
from workflow_containers.oci.descriptor import Descriptor
from workflow_containers.oci.image import Document
from workflow_containers.oci.reference import Reference, Repository
from workflow_containers.platform import AMD64
from workflow_containers.registry.client import Client
from workflow_containers.registry.fetching import Fetcher
from workflow_containers.registry.pull import pull
from workflow_containers.registry.push import Pusher, push
from workflow_containers.registry.shipment import Shipment
from workflow_containers.registry.uploads import Placed, Uploads
from workflow_containers.secret import Secret
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

PATIENT = Clock(sleep=lambda _: None)
BIG = 300_000
LAYERS = {AMD64: (b"a" * BIG, b"b" * BIG)}


@pytest.fixture
def host(registry: Registry) -> Iterator[str]:
    with serving(registry) as host:
        yield host


def connected(**more: object) -> Transport:
    return connect({}, clock=PATIENT, **more)  # type: ignore[arg-type] # credentials


def test_an_image_there_and_back(
    registry: Registry, host: str, archives: Archives, tmp_path: Path
) -> None:
    repository = Repository(host, "team/shop")
    shipment = archives.shipment(LAYERS)
    push(pusher(connected(), chunk=100_000), shipment, to(repository, "1.2.3"))
    assert holds(registry, repository, shipment)
    fetcher = Fetcher(client=client(connected()), store=Store(tmp_path / "pulled"))
    pulled = pull(fetcher, Reference(repository, tag="1.2.3"), tmp_path / "back.tar")
    assert pulled.path.read_bytes() == write(tmp_path / "again", LAYERS).read_bytes()


@pytest.mark.parametrize("keep", [0, 1, 70_000, 250_000])
def test_an_upload_that_is_cut_goes_on(registry: Registry, host: str, keep: int) -> None:
    repository, content = Repository(host, "team/shop"), Content.of(bytes(range(256)) * 1000)
    registry.plan("PATCH", cut_upload(keep))
    uploads = Uploads(client=client(connected()), whole=10)
    assert uploads.place(repository, content) is Placed.UPLOADED
    assert len(registry.repository("team/shop").blobs[str(content.digest)]) == content.size
    begun = [each.headers["content-range"] for each in registry.seen if each.method == "PATCH"]
    assert begun[0] == "0-255999"
    assert 0 <= int(begun[1].partition("-")[0]) <= keep
    assert registry.counted("POST") == (2 if keep == 1 else 1)  # one byte looks like none


@pytest.mark.parametrize("after", [0, 1, 150_000, 255_999])
def test_a_download_that_is_cut_goes_on(registry: Registry, host: str, after: int) -> None:
    data = bytes(range(256)) * 1000
    blob = Descriptor(media_type="a/b", digest=Digest.of(data), size=len(data))
    registry.repository("team/shop").blobs[str(blob.digest)] = data
    registry.plan("GET", cut_download(after), times=2)
    repository = Repository(host, "team/shop")
    assert b"".join(client(connected()).read_blob(repository, blob)) == data


def test_a_length_that_lies_is_got_over(registry: Registry, host: str) -> None:
    data = b"x" * 1000
    blob = Descriptor(media_type="a/b", digest=Digest.of(data), size=len(data))
    registry.repository("team/shop").blobs[str(blob.digest)] = data
    for length in ("2000", "500"):
        registry.plan("GET", headers(content_length=length))
        repository = Repository(host, "team/shop")
        assert b"".join(client(connected()).read_blob(repository, blob)) == data


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_a_busy_registry_is_asked_again(
    registry: Registry, host: str, archives: Archives, code: int
) -> None:
    repository, shipment = Repository(host, "team/shop"), archives.shipment()
    for method in ("HEAD", "POST", "PATCH", "PUT"):
        registry.plan(method, status(code, retry_after="1"), skip=1)
        registry.plan(method, cut_before, skip=3)
    push(pusher(connected()), shipment, to(repository, "1.2.3"))
    assert holds(registry, repository, shipment)


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_whoever_may_not_come_in_says_who_it_is(archives: Archives, scheme: str) -> None:
    registry = Registry(login=Login(user="till", password="geheim", scheme=scheme))
    credential = Basic(username="till", password=Secret("geheim"))
    shipment = archives.shipment()
    with serving(registry) as host:
        repository = Repository(host, "team/shop")
        transport = connected(credentials=lambda _: credential)
        push(pusher(transport), shipment, to(repository, "1.2.3"))
        asked = registry.counted("GET /token")
    assert holds(registry, repository, shipment)
    assert asked == (0 if scheme == "basic" else 2)  # to read, and to write


def test_an_upload_that_is_led_elsewhere_takes_no_credentials_along() -> None:
    elsewhere = Registry()
    registry = Registry(login=Login(user="till", password="geheim", scheme="basic"))
    credential = Basic(username="till", password=Secret("geheim"))
    with serving(registry) as host, serving(elsewhere) as other:
        location = f"http://{other}/v2/team/shop/blobs/uploads/1?state=a+b%26c"
        registry.plan("POST", headers(location=location))
        transport = connected(credentials=lambda name: _only(name, host, credential))
        content = Content.of(b"x" * 100)
        uploads = Uploads(client=client(transport), tries=0)
        with pytest.raises(MissingError, match="HTTP 404"):
            uploads.place(Repository(host, "team/shop"), content)
    assert elsewhere.counted("PUT") == 1
    assert all("authorization" not in each.headers for each in elsewhere.seen)


def _only(name: str, host: str, credential: Basic) -> Basic:
    assert name == host
    return credential


def test_few_requests_over_few_connections(
    registry: Registry, host: str, archives: Archives
) -> None:
    """Five blobs, each asked for, begun and finished; two manifests and the index, each asked for
    and put; the tag asked for twice before and once after."""
    repository, shipment = Repository(host, "team/shop"), archives.shipment()
    transport = connected()
    push(pusher(transport, whole=1000), shipment, to(repository, "1.2.3"))
    assert len(registry.log) == 5 * 3 + 3 * 2 + 4
    assert registry.connections <= 5
    registry.log.clear()
    push(pusher(transport, whole=1000), shipment, to(repository, "1.2.3"))
    assert len(registry.log) == 5 + 3 + 2
    assert registry.connections <= 5


SIZE = 200 << 20


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Content:
    path = tmp_path_factory.mktemp("sparse") / "blob"
    with path.open("wb") as stream:
        stream.truncate(SIZE)
    return Content.at(path, SIZE, zeros())


def zeros() -> Digest:
    state = hashlib.sha256()
    for _ in range(SIZE >> 20):
        state.update(bytes(1 << 20))
    return Digest(state.hexdigest())


def test_memory_does_not_grow_with_a_blob_that_goes_up(sparse: Content) -> None:
    registry = Registry(features=Features(forgetful=True))
    registry.plan("PATCH", cut_upload(40 << 20), skip=1)
    with serving(registry) as host:
        uploads = Uploads(client=client(connected()))
        tracemalloc.start()
        uploads.place(Repository(host, "big"), sparse)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 16 << 20
    assert str(sparse.digest) in registry.repository("big").blobs


class Zeros:
    """A body of zeros that is never in memory."""

    def __init__(self) -> None:
        self.left = SIZE

    def read(self, size: int, /) -> bytes:
        data = bytes(min(size, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        self.left = 0


def test_memory_does_not_grow_with_a_blob_that_comes_down(sparse: Content) -> None:
    def transport(request: Request, /) -> Response:
        return Response(status=200, headers={}, body=Zeros(), url=request.url)

    blob = Descriptor(media_type="a/b", digest=sparse.digest, size=SIZE)
    tracemalloc.start()
    size = sum(map(len, Client(transport=transport).read_blob(Repository("x.test", "x"), blob)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == SIZE
    assert most < 8 << 20


def test_a_failure_stops_what_is_on_its_way(registry: Registry, host: str, sparse: Content) -> None:
    """The blob that is refused ends the one that is being sent, in the middle of its chunk."""
    registry.features = Features(forgetful=True)
    registry.plan("PUT", status(403), times=9)
    shipment = Shipment(
        version="1",
        index=Document(image.INDEX, b"{}"),
        manifests=(),
        blobs=(sparse, Content.of(b"refused")),
    )
    uploads = Uploads(client=client(connected()), chunk=SIZE)
    with pytest.raises(CredentialsError):
        push(Pusher(uploads=uploads), shipment, to(Repository(host, "big"), "1"))
    assert registry.counted("PUT") == 1
    assert registry.uploads == {}
