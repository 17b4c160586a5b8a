from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.faults import cut_before, cut_upload, headers, lose_answer, slow, status
from simulators.registry import Answer, Asked, Features, Handler, Registry
from support.archives import SHOP, TILL
from workflow_containers.errors import (
    CredentialsError,
    IntegrityError,
    NetworkError,
    RegistryError,
)
from workflow_containers.network.interface import Request, Response
from workflow_containers.oci.content import Content
from workflow_containers.registry.client import Client
from workflow_containers.registry.uploads import Placed, Uploads
from workflow_sbom.digest import Digest

DATA = bytes(range(200))
BLOB = Content.of(DATA)


def uploads(registry: Registry, *, chunk: int = 50, whole: int = 20, tries: int = 5) -> Uploads:
    return Uploads(client=Client(transport=registry), chunk=chunk, whole=whole, tries=tries)


def stored(registry: Registry) -> bytes | None:
    return registry.repository(SHOP.path).blobs.get(str(BLOB.digest))


def ranges(registry: Registry) -> list[str]:
    return [each.headers["content-range"] for each in registry.seen if each.method == "PATCH"]


def test_a_large_blob_goes_up_in_chunks(registry: Registry) -> None:
    assert uploads(registry, chunk=80).place(SHOP, BLOB) is Placed.UPLOADED
    assert stored(registry) == DATA
    assert ranges(registry) == ["0-79", "80-159", "160-199"]
    assert registry.log[0].startswith("HEAD ")
    assert registry.counted("PUT ") == registry.counted("POST ") == 1


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 20])
def test_a_small_one_goes_with_its_digest(registry: Registry, data: bytes) -> None:
    assert uploads(registry).place(SHOP, Content.of(data)) is Placed.UPLOADED
    assert registry.repository(SHOP.path).blobs == {str(Digest.of(data)): data}
    assert [line.split()[0] for line in registry.log] == ["HEAD", "POST", "PUT"]


def test_what_is_there_is_left(registry: Registry) -> None:
    uploads(registry).place(SHOP, BLOB)
    registry.log.clear()
    assert uploads(registry).place(SHOP, BLOB) is Placed.PRESENT
    assert [line.split()[0] for line in registry.log] == ["HEAD"]


def test_a_blob_is_mounted_from_where_it_is(registry: Registry) -> None:
    uploads(registry).place(TILL, BLOB)
    registry.log.clear()
    assert uploads(registry).place(SHOP, BLOB, TILL) is Placed.MOUNTED
    assert stored(registry) == DATA
    assert [line.split()[0] for line in registry.log] == ["HEAD", "POST"]


def test_without_mounts_the_upload_that_was_begun_is_used() -> None:
    registry = Registry(features=Features(mount=False))
    uploads(registry).place(TILL, BLOB)
    registry.log.clear()
    assert uploads(registry).place(SHOP, BLOB, TILL) is Placed.UPLOADED
    assert stored(registry) == DATA
    assert registry.counted("POST ") == 1


@pytest.mark.parametrize("code", [401, 403, 404, 405])
def test_who_may_not_mount_uploads(registry: Registry, code: int) -> None:
    registry.plan("POST", status(code))
    assert uploads(registry).place(SHOP, BLOB, TILL) is Placed.UPLOADED
    assert stored(registry) == DATA


def test_chunks_are_as_large_as_the_registry_wants() -> None:
    registry = Registry(features=Features(min_chunk=90))
    uploads(registry).place(SHOP, BLOB)
    assert ranges(registry) == ["0-89", "90-179", "180-199"]


@pytest.mark.parametrize("keep", [0, 1, 2, 33, 49])
def test_an_upload_goes_on_where_it_was_cut(registry: Registry, keep: int) -> None:
    registry.plan("PATCH", cut_upload(keep), skip=1)
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA
    assert ranges(registry)[2] == f"{50 + keep}-{99 + keep}"
    assert registry.counted("POST ") == 1


def test_one_byte_and_none_look_alike_and_are_not_confused(registry: Registry) -> None:
    registry.plan("PATCH", cut_upload(1))
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA


def test_a_registry_that_does_not_say_is_sent_all_again() -> None:
    registry = Registry(features=Features(resumable=False))
    registry.plan("PATCH", cut_upload(10), skip=2)
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA
    assert registry.counted("POST ") == 2
    assert registry.uploads == {}  # the first one was cancelled


def test_a_small_blob_that_was_cut_goes_on(registry: Registry) -> None:
    registry.plan("PUT", cut_upload(7))
    uploads(registry, whole=500).place(SHOP, BLOB)
    assert stored(registry) == DATA


def test_an_answer_that_was_lost_is_not_waited_for(registry: Registry) -> None:
    registry.plan("PUT", lose_answer)
    assert uploads(registry).place(SHOP, BLOB) is Placed.UPLOADED
    assert registry.counted("POST ") == registry.counted("PUT ") == 1


def test_a_chunk_whose_answer_was_lost_is_not_sent_twice(registry: Registry) -> None:
    registry.plan("PATCH", lose_answer, skip=1)
    uploads(registry).place(SHOP, BLOB)
    assert ranges(registry) == ["0-49", "50-99", "100-149", "150-199"]
    assert stored(registry) == DATA


@pytest.mark.parametrize("code", [500, 502, 503, 404, 416])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_failure_in_the_middle_is_got_over(registry: Registry, code: int, method: str) -> None:
    registry.plan(method, status(code))
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA


def test_tries_are_bounded_and_what_is_given_up_is_cancelled(registry: Registry) -> None:
    registry.plan("PATCH", cut_upload(0), times=100)
    with pytest.raises(NetworkError):
        uploads(registry, tries=3).place(SHOP, BLOB)
    assert registry.counted("PATCH ") == 4
    assert registry.uploads == {}
    assert stored(registry) is None


def test_a_network_that_is_gone_ends_it(registry: Registry) -> None:
    registry.plan("", cut_before, times=1000, skip=3)
    with pytest.raises(NetworkError):
        uploads(registry).place(SHOP, BLOB)
    assert len(registry.log) < 10


@pytest.mark.parametrize(
    ("code", "kind"), [(401, CredentialsError), (403, CredentialsError), (413, RegistryError)]
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_a_refusal_is_final(
    registry: Registry, method: str, code: int, kind: type[Exception]
) -> None:
    registry.plan(method, status(code, b'{"errors":[{"code":"DENIED","message":"no"}]}'), times=9)
    with pytest.raises(kind, match=f"DENIED no .HTTP {code}"):
        uploads(registry).place(SHOP, BLOB)
    assert registry.counted(method) == 1
    assert registry.uploads == {}


@pytest.mark.parametrize("said", ["0-999999", "1-20", "0-19", "bytes 0-3", "x", "-1"])
def test_a_range_that_lies_does_no_harm(registry: Registry, said: str) -> None:
    """What the registry claims is checked by the digest in the end; then all goes up again."""
    registry.plan("PATCH", cut_upload(10))
    registry.plan("GET", headers(range=said))
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA
    for each in ranges(registry):
        start, stop = map(int, each.split("-"))
        assert 0 <= start <= stop < len(DATA)


def test_a_chunk_that_was_half_taken_is_noticed(registry: Registry) -> None:
    registry.plan("PATCH", headers(range="0-30"))
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA
    assert registry.counted("POST ") == 2


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_another_digest_is_an_error(registry: Registry, method: str) -> None:
    uploads(registry).place(TILL, BLOB)
    registry.plan(method, headers(docker_content_digest=str(Digest.of(b"other"))))
    with pytest.raises(IntegrityError, match="the registry has"):
        uploads(registry).place(SHOP, BLOB, TILL if method == "POST" else None)


def test_bytes_that_are_not_those_of_the_digest_never_stay(registry: Registry) -> None:
    def pieces(start: int, stop: int) -> Iterator[bytes]:
        yield b"?" * (stop - start)

    wrong = Content(digest=BLOB.digest, size=BLOB.size, pieces=pieces)
    with pytest.raises(RegistryError, match="DIGEST_INVALID"):
        uploads(registry).place(SHOP, wrong)
    assert registry.repository(SHOP.path).blobs == {}
    assert registry.uploads == {}


def test_an_address_with_a_query_is_kept_as_it_is(registry: Registry) -> None:
    uploads(registry).place(SHOP, BLOB)
    put = registry.seen[-1]
    assert put.query == {"state": "a b&c", "digest": str(BLOB.digest)}


def test_absolute_addresses_are_followed() -> None:
    registry = Registry(features=Features(absolute=True))
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA


@pytest.mark.parametrize(
    "location",
    [
        "http://elsewhere.test/x",
        "ftp://registry.test/x",
        "https://user:secret@registry.test/x",
        "https://registry.test/a b",
        "https://127.0.0.1/x",
        "file:///etc/passwd",
        "\x1b[2J",
        "",
    ],
)
def test_nobody_is_led_astray(registry: Registry, location: str) -> None:
    registry.plan("POST", headers(location=location), times=9)
    with pytest.raises(RegistryError) as refused:
        uploads(registry).place(SHOP, BLOB)
    assert str(refused.value).isprintable()
    assert "secret" not in str(refused.value)
    assert all(each.method != "PATCH" for each in registry.seen)


def test_a_registry_that_calls_itself_http_behind_tls_is_asked_by_https(
    registry: Registry,
) -> None:
    asked: list[str] = []

    def go(request: Request) -> Response:
        asked.append(request.url)
        return registry(request)

    registry.plan("POST", _as_http)
    client = Client(transport=go)
    Uploads(client=client, whole=20).place(SHOP, BLOB)
    assert all(url.startswith("https://registry.test/") for url in asked)


def _as_http(asked: Asked, go: Handler) -> Answer:
    answer = go(asked)
    where = "http://registry.test" + answer.headers["location"]
    return headers(location=where)(asked, lambda _: answer)


def test_slowness_is_no_failure(registry: Registry) -> None:
    registry.plan("PATCH", slow(0.05))
    uploads(registry).place(SHOP, BLOB)
    assert stored(registry) == DATA


def test_what_would_end_the_same_is_not_tried_again(registry: Registry) -> None:
    def transport(request: Request) -> Response:
        if request.method == "PATCH":
            tried.append(request.url)
            raise NetworkError("a certificate that is refused", lasting=True)
        return registry(request)

    tried: list[str] = []
    with pytest.raises(NetworkError):
        Uploads(client=Client(transport=transport), whole=20).place(SHOP, BLOB)
    assert len(tried) == 1


def test_whoever_an_upload_is_led_to_gets_no_credentials() -> None:
    registry = Registry(host="storage.test", features=Features(absolute=True))
    registry.plan("PATCH", cut_upload(5))
    asked: list[tuple[str, str, bool]] = []

    def transport(request: Request, /) -> Response:
        host = request.url.split("/")[2]
        asked.append((request.method, host, request.anonymous))
        return registry(request)

    uploads = Uploads(client=Client(transport=transport), chunk=80, whole=20)
    assert uploads.place(SHOP, BLOB) is Placed.UPLOADED
    assert {method for method, *_ in asked} == {"HEAD", "POST", "PATCH", "GET", "PUT"}
    assert all(anonymous == (host == "storage.test") for _, host, anonymous in asked)
    assert [host for method, host, _ in asked if method == "POST"] == ["registry.test"]


def test_an_upload_that_stays_keeps_its_credentials() -> None:
    registry = Registry(features=Features(absolute=True))
    asked: list[bool] = []

    def transport(request: Request, /) -> Response:
        asked.append(request.anonymous)
        return registry(request)

    Uploads(client=Client(transport=transport), chunk=80, whole=20).place(SHOP, BLOB)
    assert not any(asked)
