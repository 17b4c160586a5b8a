from __future__ import annotations

import pytest

from simulators.faults import (
    changed,
    cut_before,
    cut_download,
    headers,
    replaced,
    status,
    truncated,
)
from simulators.registry import Answer, Asked, Features, Registry
from support.archives import SHOP, client
from workflow_containers.errors import (
    IntegrityError,
    MissingError,
    NetworkError,
    RegistryError,
)
from workflow_containers.network.interface import Request, Response, Transport
from workflow_containers.network.redirecting import Redirecting
from workflow_containers.oci.descriptor import Descriptor
from workflow_sbom.digest import Digest

DATA = bytes(range(256)) * 10
BLOB = Descriptor(media_type="a/b", digest=Digest.of(DATA), size=len(DATA))
EMPTY = Descriptor(media_type="a/b", digest=Digest.of(b""), size=0)


@pytest.fixture
def filled(registry: Registry) -> Registry:
    registry.repository(SHOP.path).blobs |= {str(BLOB.digest): DATA, str(EMPTY.digest): b""}
    return registry


def read(transport: Transport, blob: Descriptor = BLOB) -> bytes:
    return b"".join(client(transport).read_blob(SHOP, blob))


def test_a_blob_comes_whole(filled: Registry) -> None:
    assert read(filled) == DATA
    assert read(filled, EMPTY) == b""
    assert len(filled.log) == 2


def test_a_blob_that_is_not_there(registry: Registry) -> None:
    with pytest.raises(MissingError, match="BLOB_UNKNOWN"):
        read(registry)


@pytest.mark.parametrize("after", [0, 1, 1000, len(DATA) - 1])
def test_it_goes_on_where_it_was_cut(filled: Registry, after: int) -> None:
    filled.plan("GET", cut_download(after))
    assert read(filled) == DATA
    asked = filled.seen[-1].headers.get("range")
    assert asked == (f"bytes={after}-" if after else None)


def test_cut_after_the_last_byte_is_not_cut(filled: Registry) -> None:
    filled.plan("GET", cut_download(len(DATA)))
    assert read(filled) == DATA


def test_cut_several_times(filled: Registry) -> None:
    filled.plan("GET", cut_download(300), times=5)
    assert read(filled) == DATA
    assert len(filled.log) == 6


def test_not_for_ever(filled: Registry) -> None:
    filled.plan("GET", cut_download(1), times=1000)
    with pytest.raises(NetworkError):
        read(filled)
    assert len(filled.log) == 9


def test_a_registry_without_ranges_sends_all_again_and_nothing_comes_twice() -> None:
    registry = Registry(features=Features(ranges=False))
    registry.repository(SHOP.path).blobs[str(BLOB.digest)] = DATA
    registry.plan("GET", cut_download(700), times=2)
    registry.plan("GET", cut_download(200), skip=2)
    assert read(registry) == DATA


def test_bytes_that_are_missing_are_asked_for(filled: Registry) -> None:
    """An answer that ends early as if that were all, which is what a lying length looks like."""
    filled.plan("GET", truncated(100))
    assert read(filled) == DATA


@pytest.mark.parametrize("fault", [changed, replaced(DATA + b"x"), replaced(bytes(len(DATA)))])
def test_other_bytes_are_refused(filled: Registry, fault: object) -> None:
    filled.plan("GET", fault, times=9)  # type: ignore[arg-type] # a Fault
    with pytest.raises(IntegrityError, match="bytes"):
        read(filled)


@pytest.mark.parametrize("said", ["bytes 0-9/10", "bytes 101-2559/2560", "", "x", "bytes */2560"])
def test_a_range_that_was_not_asked_for_is_refused(filled: Registry, said: str) -> None:
    filled.plan("GET", cut_download(100))
    filled.plan("GET", headers(content_range=said), skip=1)
    with pytest.raises(RegistryError, match="another range"):
        read(filled)


def test_another_part_under_the_right_range_is_found_out(filled: Registry) -> None:
    filled.plan("GET", cut_download(100))
    filled.plan("GET", replaced(DATA[:-100]), skip=1)
    with pytest.raises(IntegrityError):
        read(filled)


def test_the_end_of_a_response_that_never_ends(filled: Registry) -> None:
    filled.plan("GET", replaced(DATA * 1000))
    with pytest.raises(IntegrityError, match=f"more than {len(DATA)} bytes"):
        read(filled)


@pytest.mark.parametrize("code", [204, 206, 403, 404, 416, 500])
def test_a_refusal_is_one(filled: Registry, code: int) -> None:
    filled.plan("GET", status(code))
    with pytest.raises(Exception, match=rf"\(HTTP {code}\)|another range"):
        read(filled)


def test_no_answer(filled: Registry) -> None:
    filled.plan("GET", cut_before, times=99)
    with pytest.raises(NetworkError):
        read(filled)


def test_nothing_is_asked_before_it_is_read(filled: Registry) -> None:
    client(filled).read_blob(SHOP, BLOB)
    assert filled.log == []


def test_whoever_stops_reading_leaves_nothing_open(filled: Registry) -> None:
    closed = []

    class Watched:
        def __init__(self, response: Response) -> None:
            self.body = response.body

        def read(self, size: int, /) -> bytes:
            return self.body.read(min(size, 10))

        def close(self) -> None:
            closed.append(True)

    def transport(request: Request, /) -> Response:
        response = filled(request)
        return Response(status=response.status, headers=response.headers,
                        body=Watched(response), url=response.url)  # fmt: skip

    pieces = client(transport).read_blob(SHOP, BLOB)
    assert next(pieces) == DATA[:10]
    pieces.close()  # type: ignore[attr-defined] # a generator
    assert closed == [True]


def test_blobs_that_are_kept_elsewhere() -> None:
    registry = Registry(features=Features(blobs_elsewhere="https://storage.test"))
    registry.repository(SHOP.path).blobs[str(BLOB.digest)] = DATA
    asked = []

    def elsewhere(request: Request, /) -> Response:
        asked.append(request.url)
        if request.url.startswith("https://storage.test/"):
            assert "authorization" not in {name.lower() for name in request.headers}
            answer = Answer(status=200, body=DATA)
            plain = Registry()
            plain.plan("GET", lambda _, __: answer)
            return plain(request)
        return registry(request)

    assert read(Redirecting(elsewhere)) == DATA
    assert asked[1] == f"https://storage.test/team/shop/{BLOB.digest}"


def test_ranges_are_counted_from_the_blob_not_from_the_answer(filled: Registry) -> None:
    seen: list[str | None] = []

    def note(asked: Asked, go: object) -> Answer:
        seen.append(asked.headers.get("range"))
        return go(asked)  # type: ignore[operator,no-any-return] # a Handler

    filled.plan("GET", note, times=9)
    filled.plan("GET", cut_download(100), times=3)
    assert read(filled) == DATA
    assert seen == [None, "bytes=100-", "bytes=200-", "bytes=300-"]


def test_what_would_end_the_same_is_not_asked_again() -> None:
    asked = []

    def transport(request: Request, /) -> Response:
        asked.append(request.url)
        raise NetworkError("a certificate that is refused", lasting=True)

    with pytest.raises(NetworkError):
        read(transport)
    assert len(asked) == 1
