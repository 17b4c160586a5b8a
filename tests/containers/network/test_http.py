from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simulators.servers import Reply, Server, raw, reply
from support import certificates
from support.absent import absent
from support.certificates import Authority
from support.patience import until
from workflow_containers.errors import IntegrityError, NetworkError, RegistryError
from workflow_containers.network.http import Http, Patience
from workflow_containers.network.interface import Request, Response, Stream

CALM = Patience(connect=15.0, read=15.0)
QUICK = Patience(connect=15.0, read=0.5)


def http(patience: Patience = CALM, /, **environment: str) -> Http:
    return Http(environment=environment, plain_http=lambda _: True, patience=patience)


def get(url: str, patience: Patience = CALM, /, **environment: str) -> Response:
    return http(patience, **environment)(Request(method="GET", url=url))


def said(*data: bytes, pause: float = 0.0, reset: bool = False) -> Server:
    return Server(lambda _: raw(*data, pause=pause, reset=reset))


def failure(url: str, patience: Patience = CALM, /, **environment: str) -> NetworkError:
    with pytest.raises(NetworkError) as caught, get(url, patience, **environment) as response:
        response.read(1 << 20)
    assert caught.value.remedy
    return caught.value


def test_an_answer_comes_as_it_is() -> None:
    with Server(lambda _: reply(418, b"tea", {"X-Pot": "a", "x-pot": "b"})) as server:
        with get(server.url("/a?b=c")) as response:
            assert response.status == 418
            assert response.headers == {"x-pot": "a, b", "content-length": "3"}
            assert response.read(3) == b"tea"
            assert response.url == server.url("/a?b=c")
        (asked,) = server.asked
    assert (asked.method, asked.target) == ("GET", "/a?b=c")
    assert asked.headers.keys() == {"host", "accept-encoding", "user-agent"}
    assert asked.headers["accept-encoding"] == "identity"


def test_nothing_is_decoded_and_nothing_followed_and_no_cookie_kept() -> None:
    headers = {"Content-Encoding": "gzip", "Location": "/else", "Set-Cookie": "a=b"}
    with Server(lambda _: reply(302, b"no gzip", headers)) as server:
        one = http()
        for _ in range(2):
            with one(Request(method="GET", url=server.url())) as response:
                assert (response.status, response.read(99)) == (302, b"no gzip")
        assert [each.target for each in server.asked] == ["/", "/"]
        assert "cookie" not in server.asked[1].headers


def test_nothing_is_tried_again() -> None:
    with said(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n") as server:
        get(server.url()).body.close()
        assert len(server.asked) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_bytes_are_sent_with_their_length(method: str) -> None:
    data = bytes(range(256)) * 1024
    with Server(lambda _: reply(201)) as server:
        http()(Request(method=method, url=server.url(), body=data)).body.close()
        http()(Request(method=method, url=server.url())).body.close()
    assert server.asked[0].body == data
    assert server.asked[0].headers["content-length"] == str(len(data))
    assert "transfer-encoding" not in server.asked[0].headers
    assert server.asked[1].headers["content-length"] == "0"


def test_a_stream_is_sent_while_it_is_produced() -> None:
    made: list[int] = []

    def produce() -> Iterator[bytes]:
        for piece in range(64):
            made.append(piece)
            yield b"x" * (1 << 20)

    with Server(lambda _: reply(201)) as server:
        body = Stream(size=64 << 20, open=produce)
        http()(Request(method="PUT", url=server.url(), body=body)).body.close()
    assert len(server.asked[0].body) == 64 << 20
    assert made == [*range(64)]


def put(server: Server, body: Stream) -> None:
    http()(Request(method="PUT", url=server.url(), body=body)).body.close()


@pytest.mark.parametrize("size", [2, 4])
def test_a_stream_of_another_length_is_no_request(size: int) -> None:
    body = Stream(size=size, open=lambda: iter([b"abc"]))
    with Server(lambda _: reply(201)) as server:
        with pytest.raises(IntegrityError, match="bytes long"):
            put(server, body)
        assert all(len(each.body) < size for each in server.asked)


def test_a_stream_that_can_t_be_read_is_no_fault_of_the_network() -> None:
    def produce() -> Iterator[bytes]:
        yield b"a"
        raise ConnectionResetError(5, "Input/output error")

    body = Stream(size=2, open=produce)
    with Server(lambda _: reply()) as server, pytest.raises(IntegrityError, match="can't be read"):
        put(server, body)


def test_an_answer_that_comes_before_all_is_sent_is_read() -> None:
    """A registry says 413 and closes; the client must not only see a broken pipe."""
    said = b"HTTP/1.1 413 Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):
                pass
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with http()(Request(method="PUT", url=url, body=bytes(8 << 20))) as response:
            assert (response.status, response.read(9)) == (413, b"big")
        thread.join(10)


def test_connections_are_shared_and_kept() -> None:
    with Server(lambda _: reply(200, b"x" * 1000)) as server:
        one = http()

        def ask(_: int) -> bytes:
            with one(Request(method="GET", url=server.url())) as response:
                return response.read(2000)

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(200))) == {b"x" * 1000}
        assert server.connections <= 8
        one.close()


def test_an_unwanted_small_body_keeps_the_connection_and_a_large_one_ends_it() -> None:
    sizes = iter([1000, 1000, 50 << 20, 10])
    with Server(lambda _: reply(200, bytes(next(sizes)))) as server:
        one = http()
        for _ in range(4):
            one(Request(method="GET", url=server.url())).body.close()
        assert server.connections == 2
        one.close()


@pytest.mark.parametrize("method", ["HEAD", "GET", "PUT"])
def test_an_answer_without_a_body_keeps_the_connection(method: str) -> None:
    with Server(lambda _: reply(200)) as server:
        one = http()
        for _ in range(3):
            one(Request(method=method, url=server.url())).body.close()
        assert server.connections == 1


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    with said(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as server:
        one = http()
        for _ in range(3):
            with one(Request(method="GET", url=server.url())) as response:
                assert response.read(9) == b"ok"
            until(lambda: server.ended == server.connections, seconds=20, told=lambda: "open")
        assert server.connections == 3


# What goes wrong on the way.


def test_a_name_that_is_none() -> None:
    error = failure("http://registry.invalid")
    assert str(error) == "registry.invalid: its name can't be resolved"


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert str(failure(f"http://127.0.0.1:{port}/")).endswith("refuses the connection")


def test_a_server_that_says_nothing() -> None:
    with said(b"HTTP/1.1 200 OK\r\n", pause=2.0) as server:
        assert "no answer in time" in str(failure(server.url(), QUICK))


def test_a_server_that_stops_in_the_middle() -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
    with Server(lambda _: Reply(data=(start,), pause=0.0, close=False)) as server:
        assert "no answer in time" in str(failure(server.url(), QUICK))


def test_a_server_that_dribbles() -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    with Server(lambda _: Reply(data=(start, *[b"x"] * 50), pause=0.1)) as server:
        assert str(failure(server.url(), QUICK)).endswith("sends too slowly")


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\nA: ", b"HTTP", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
)
def test_a_server_that_dribbles_outside_of_a_body(start: bytes) -> None:
    with Server(lambda _: Reply(data=(start, *[b"0"] * 50), pause=0.1)) as server:
        assert str(failure(server.url(), QUICK)).endswith("sends too slowly")


@pytest.mark.parametrize(
    ("start", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 4000),
    ],
)
def test_a_server_that_never_comes_to_the_end_of_its_headers(start: bytes, again: bytes) -> None:
    with said(start, *[again] * 1000) as server:
        assert str(failure(server.url())).endswith("headers without end")


def test_many_small_chunks_are_a_body_all_the_same() -> None:
    chunks = b"1;some=extension\r\nx\r\n" * 100_000
    data = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    with said(data) as server, get(server.url()) as response:
        assert response.read(1 << 20) == b"x" * 100_000


def test_a_reader_s_own_time_does_not_count() -> None:
    parts = (OK + b"Content-Length: 10\r\n\r\nfirst", b"later")
    with Server(lambda _: Reply(data=parts, pause=0.2)) as server:
        response = get(server.url(), Patience(read=2.0))
        assert response.body.read(99) == b"first"
        time.sleep(2.5)
        assert response.body.read(99) == b"later"


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_is_closed_or_reset_at_once(reset: bool) -> None:
    with said(b"", reset=reset) as server:
        text = str(failure(server.url()))
        assert "closed the connection without" in text or "was reset" in text


CUT = "the answer was cut short"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (OK + b"Content-Length: 9\r\n\r\nabc", CUT),
        (OK + b"Content-Length: 9\r\n\r\n", CUT),
        (CHUNKED + b"5\r\nab", CUT),
        (CHUNKED + b"5\r\nabcde\r\n", CUT),
        (CHUNKED + b"5\r\nabcde\r\n5\r\n", CUT),
        (CHUNKED + b"zz\r\nabcde\r\n0\r\n\r\n", "no answer that can be read|cut short"),
        (CHUNKED + b"-5\r\nabcde\r\n0\r\n\r\n", "no answer that can be read|cut short"),
        (CHUNKED + b"f" * 70000 + b"\r\n", "no answer that can be read|cut short"),
        (OK + b"Content-Length: -1\r\n\r\n", "length"),
        (OK + b"Content-Length: 1e3\r\n\r\n", "length"),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "unmatching"),
        (
            OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            "length",
        ),
        (OK + b"Transfer-Encoding: gzip\r\n\r\nab", "length"),
        (OK + b"Transfer-Encoding: xchunked\r\n\r\nab", "length"),
        (OK + b"A: b\x00c\r\nContent-Length: 0\r\n\r\n", "characters"),
        (OK + b"A: b\x1b[31m\r\nContent-Length: 0\r\n\r\n", "characters"),
        (OK + b"".join(b"A%d: %s\r\n" % (n, b"x" * 1000) for n in range(90)) + b"\r\n", "bounds"),
        (OK + b"".join(b"A%d: x\r\n" % n for n in range(200)) + b"\r\n", "no answer that can"),
        (OK + b"A: " + b"x" * 70000 + b"\r\n\r\n", "no answer that can"),
        (b"HTTP/1.1 999999 Huh\r\n\r\n", "no answer that can"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no answer that can"),
        (b"\x16\x03\x01" * 50, "no answer that can|without an answer"),
    ],
)
def test_what_is_no_answer(data: bytes, text: str) -> None:
    with said(data) as server:
        error = failure(server.url())
    assert re.search(text, str(error))
    assert "\x1b" not in str(error)


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    with said(b"HTTP/1.0 200 OK\r\n\r\nabc") as server, get(server.url()) as response:
        assert response.read(99) == b"abc"


def test_chunks_are_joined() -> None:
    data = CHUNKED + b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    with said(data) as server, get(server.url()) as response:
        assert response.read(99) == b"abcde"


def test_an_answer_to_head_has_a_length_and_no_body() -> None:
    with said(OK + b"Content-Length: 99\r\n\r\n") as server:
        response = http()(Request(method="HEAD", url=server.url()))
        assert (response.headers["content-length"], response.read(1)) == ("99", b"")


def test_a_body_is_never_held_whole() -> None:
    with Server(lambda _: reply(200, bytes(64 << 20))) as server, get(server.url()) as response:
        sizes = [len(data) for data in iter(lambda: response.body.read(1 << 16), b"")]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= 1 << 16


# What is never sent.


@pytest.mark.parametrize(
    "headers",
    [
        {"A": "b\r\nC: d"},
        {"A": "b\nC: d"},
        {"A": "b\x00"},
        {"A": "bé"},
        {"A\r\nB": "c"},
        {"A B": "c"},
        {"": "c"},
        {"A": "x" * 40000},
        {"Content-Length": "3"},
        {"transfer-encoding": "chunked"},
        {"Host": "other.test"},
    ],
)
def test_no_header_splits_a_request(headers: dict[str, str]) -> None:
    with Server(lambda _: reply()) as server:
        with pytest.raises(RegistryError) as caught:
            http()(Request(method="GET", url=server.url(), headers=headers))
        assert server.connections == 0
    assert all(value not in str(caught.value) for value in headers.values() if len(value) > 3)


@pytest.mark.parametrize("method", ["", "GET /x HTTP/1.1\r\nA: b\r\n\r\n", "G ET"])
def test_no_method_splits_a_request(method: str) -> None:
    with Server(lambda _: reply()) as server:
        with pytest.raises(RegistryError):
            http()(Request(method=method, url=server.url()))
        assert server.connections == 0


def test_no_address_splits_a_request() -> None:
    with Server(lambda _: reply()) as server:
        for target in ("/ HTTP/1.1\r\nA: b", "/a b", "/a\tb", "/é", "/\x7f"):
            with pytest.raises(RegistryError):
                get(server.url(target))
        assert server.connections == 0


def test_plain_http_only_where_it_is_allowed() -> None:
    def refuse(_: object) -> bool:
        return False

    with Server(lambda _: reply()) as server:
        with pytest.raises(RegistryError, match="plain http"):
            Http(environment={}, plain_http=refuse)(Request(method="GET", url=server.url()))
        assert server.connections == 0


# TLS.


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.made(tmp_path)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_one_s_own(authority: Authority, variable: str) -> None:
    trusted = {variable: str(authority.bundle)}
    with Server(lambda _: reply(200, b"safe"), authority.context()) as server:
        assert get(server.url(), **trusted).read(9) == b"safe"


def test_a_folder_of_authorities(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "authority.pem").write_bytes(authority.bundle.read_bytes())
    if (openssl := shutil.which("openssl")) is None:
        absent("openssl is not installed")
    subprocess.run([openssl, "rehash", str(folder)], check=True, timeout=60)
    with Server(lambda _: reply(200, b"safe"), authority.context()) as server:
        for variable in ("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"):
            assert get(server.url(), **{variable: str(folder)}).read(9) == b"safe"


def test_a_name_is_checked_too(authority: Authority) -> None:
    trusted = {"SSL_CERT_FILE": str(authority.bundle)}
    with Server(lambda _: reply(), authority.context("localhost")) as server:
        get(server.url(host="localhost"), **trusted).body.close()
        assert "its certificate is refused: IP address mismatch" in str(
            failure(server.url(), **trusted)
        )
    with Server(lambda _: reply(), authority.context("other.test")) as server:
        error = failure(server.url(host="localhost"), **trusted)
        assert "Hostname mismatch" in str(error)
        assert "another host's" in error.remedy


@pytest.mark.parametrize(
    ("dates", "text"),
    [(certificates.EXPIRED, "has expired"), (certificates.EARLY, "not yet valid")],
)
def test_a_certificate_out_of_its_time(authority: Authority, dates: object, text: str) -> None:
    assert isinstance(dates, tuple)
    with Server(lambda _: reply(), authority.context(dates=dates)) as server:
        error = failure(server.url(), SSL_CERT_FILE=str(authority.bundle))
        assert text in str(error)
        assert "clock" in error.remedy
        assert error.lasting
        assert server.asked == []


def test_an_authority_that_nobody_knows(authority: Authority) -> None:
    with Server(lambda _: reply(), authority.context()) as server:
        error = failure(server.url())
        assert "its certificate is refused" in str(error)
        assert "SSL_CERT_FILE" in error.remedy


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"HTTP/1.1 400 Bad\r\n\r\n", "TLS fails: wrong version number"),
        (b"", "closed the connection without an answer"),
    ],
)
def test_tls_asked_of_one_who_does_not_speak_it(data: bytes, text: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            connection.recv(10_000)
            connection.sendall(data)
            connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        error = failure(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        thread.join(10)
    assert str(error).endswith(text)


def test_a_body_over_tls_that_is_cut_short(authority: Authority) -> None:
    short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
    with Server(lambda _: short, authority.context()) as server:
        assert CUT in str(failure(server.url(), SSL_CERT_FILE=str(authority.bundle)))


def test_plain_http_asked_of_one_who_speaks_tls(authority: Authority) -> None:
    with Server(lambda _: reply(), authority.context()) as server:
        failure(server.url().replace("https:", "http:"))


@pytest.mark.parametrize("text", [None, "no certificate", ""])
def test_authorities_that_can_t_be_read(tmp_path: Path, text: str | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if text is not None:
        bundle.write_text(text)
    error = failure("https://127.0.0.1:1/", CURL_CA_BUNDLE=str(bundle))
    assert str(error) == "CURL_CA_BUNDLE: no certificates can be read there"


# Proxies.


def test_http_goes_through_a_proxy_with_its_credentials() -> None:
    with Server(lambda _: reply(200, b"by proxy")) as proxy:
        address = proxy.url().replace("//", "//me:p%40ss@")
        with get("http://registry.test/v2/", http_proxy=address) as response:
            assert response.read(99) == b"by proxy"
        (asked,) = proxy.asked
    assert asked.target == "http://registry.test/v2/"
    assert asked.headers["host"] == "registry.test"
    assert asked.headers["proxy-authorization"] == "Basic bWU6cEBzcw=="


def test_https_goes_through_a_tunnel_and_the_proxy_sees_nothing(authority: Authority) -> None:
    with Server(lambda _: reply(200, b"through"), authority.context("registry.test")) as server:
        connected = b"HTTP/1.1 200 Connected\r\n\r\n"
        lead = Reply(data=(connected,), tunnel=("127.0.0.1", server.port))
        with Server(lambda _: lead) as proxy:
            environment = {
                "HTTPS_PROXY": proxy.url().replace("//", "//me:pass@"),
                "SSL_CERT_FILE": str(authority.bundle),
            }
            one = http(**environment)
            request = Request(
                method="GET", url="https://registry.test/v2/", headers={"Authorization": "secret"}
            )
            with one(request) as response:
                assert response.read(99) == b"through"
            one.close()
        (connect,), (asked,) = proxy.asked, server.asked
    assert (connect.method, connect.target) == ("CONNECT", "registry.test:443")
    assert connect.headers["proxy-authorization"] == "Basic bWU6cGFzcw=="
    assert "authorization" not in connect.headers
    assert asked.headers["authorization"] == "secret"
    assert "proxy-authorization" not in asked.headers


def test_a_proxy_may_want_tls_itself(authority: Authority) -> None:
    trusted = {"SSL_CERT_FILE": str(authority.bundle)}
    with Server(lambda _: reply(200, b"by proxy"), authority.context()) as proxy:
        response = get("http://registry.test/", http_proxy=proxy.url(), **trusted)
        assert response.read(99) == b"by proxy"
        error = failure("http://registry.test/", http_proxy=proxy.url())
    assert str(error).startswith(f"{proxy.url()}: its certificate is refused")


def test_a_proxy_that_refuses_is_named_without_its_password() -> None:
    with Server(lambda _: reply(407)) as proxy:
        address = proxy.url().replace("//", "//me:hidden@")
        error = failure("https://registry.test/", https_proxy=address)
    assert proxy.host in str(error)
    assert "407" in str(error)
    assert "hidden" not in f"{error} {error.remedy}"


def test_a_proxy_that_is_gone_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure("http://registry.test/", http_proxy=f"http://127.0.0.1:{port}")
    assert str(error) == f"http://127.0.0.1:{port}: refuses the connection"


def test_this_machine_is_never_asked_through_a_proxy() -> None:
    with Server(lambda _: reply(200, b"here")) as server:
        assert get(server.url(), http_proxy="http://127.0.0.1:1").read(9) == b"here"


def test_nothing_shows_a_header() -> None:
    one = Http(environment={"http_proxy": "http://me:hidden@p.test"}, plain_http=lambda _: True)
    request = Request(method="GET", url="http://x.test", headers={"Authorization": "hidden"})
    assert "hidden" not in f"{one!r} {request!r}"
