from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from simulators.servers import Asked, Reply, Server, raw, reply
from workflow_containers.errors import AbsentError, NetworkError, RegistryError
from workflow_containers.network.transport import fetcher

DATA = b"package" * 1000
NOTHING: Mapping[str, str] = {}


def test_a_file_address_is_read_and_its_absence_told(tmp_path: Path) -> None:
    path = tmp_path / "x ü%.deb"
    path.write_bytes(DATA)
    with fetcher(NOTHING)(path.as_uri()) as stream:
        assert stream.read() == DATA
    with pytest.raises(AbsentError):
        fetcher(NOTHING)((tmp_path / "none").as_uri())


@pytest.mark.parametrize("url", ["ftp://x.test/a", "data:text/plain,x", "/etc/passwd"])
def test_other_addresses_are_not_opened(url: str) -> None:
    with pytest.raises(OSError, match="no http, https or file address"):
        fetcher(NOTHING)(url)


def test_a_file_of_another_machine_is_not_opened() -> None:
    with pytest.raises(OSError, match="another machine"):
        fetcher(NOTHING)("file://server.test/etc/passwd")


def test_a_mirror_is_read_in_pieces_and_to_its_end() -> None:
    with Server(lambda _: reply(200, DATA)) as server, fetcher(NOTHING)(server.url()) as stream:
        assert stream.read(10) == DATA[:10]
        assert stream.read() == DATA[10:]
        assert stream.read(1) == b""


def test_a_mirror_may_send_us_on() -> None:
    def lead(_: Asked) -> Reply:
        return reply(302, b"", {"Location": other.url("/b")})

    with Server(lambda _: reply(200, DATA)) as other, Server(lead) as server:
        assert fetcher(NOTHING)(server.url("/a")).read() == DATA
    assert other.asked[0].target == "/b"


@pytest.mark.parametrize("place", ["/", "file:///etc/passwd"])
def test_but_not_for_ever_and_not_to_a_file(place: str) -> None:
    with Server(lambda _: reply(302, b"", {"Location": place})) as server:
        with pytest.raises(RegistryError):
            fetcher(NOTHING)(server.url())
        assert len(server.asked) <= 6


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there(status: int) -> None:
    with Server(lambda _: reply(status, b"gone")) as server, pytest.raises(AbsentError):
        fetcher(NOTHING)(server.url())


def test_any_other_status_is_told() -> None:
    with Server(lambda _: reply(503)) as server, pytest.raises(NetworkError, match="status 503"):
        fetcher(NOTHING)(server.url())


def test_a_body_that_is_cut_short_is_no_file() -> None:
    short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc")
    with Server(lambda _: short) as server:
        stream = fetcher(NOTHING)(server.url())
        with pytest.raises(NetworkError, match="cut short"):
            stream.read()
        stream.close()


def test_the_environment_s_proxy_is_asked() -> None:
    with Server(lambda _: reply(200, DATA)) as proxy:
        fetch = fetcher({"http_proxy": proxy.url()})
        assert fetch("http://mirror.test/x.deb").read() == DATA
    assert proxy.asked[0].target == "http://mirror.test/x.deb"
