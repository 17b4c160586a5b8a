"""The edges themselves: sockets of this machine's loopback, and how long they are waited for."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from workflow_containers.engine.machine import MAX_ANSWER, Answer, ThisMachine

HERE = ThisMachine()


@contextmanager
def serving(say: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server for one connection, whose request was read."""
    with socket.create_server(("127.0.0.1", 0)) as own:

        def serve() -> None:
            connection, _ = own.accept()
            with connection:
                connection.recv(65536)
                try:
                    say(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield own.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize("status", [200, 302, 503])
def test_an_answer_is_its_status_and_body_and_no_redirection_is_followed(status: int) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, *_: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert HERE.get(server.server_port, "/a?b", 5) == Answer(status=status, body=b"/a?b")
        thread.join(5)


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(lambda it: it.sendall(b"HTTP/1.0 200 OK\r\n\r\nwell")) as port:
        assert HERE.get(port, "/", 5) == Answer(status=200, body=b"well")


def test_nobody_there_is_no_answer() -> None:
    assert HERE.get(HERE.free_port(), "/", 5) is None


@pytest.mark.parametrize(
    "said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"]
)
def test_half_an_answer_is_none(said: bytes) -> None:
    with serving(lambda it: it.sendall(said)) as port:
        assert HERE.get(port, "/", 5) is None


def test_an_answer_without_end_is_cut() -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        for _ in range(64):
            connection.sendall(bytes(1 << 20))

    with serving(pour) as port:
        found = HERE.get(port, "/", 10)
    assert found is not None
    assert len(found.body) == MAX_ANSWER


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nA: "], ids=["silent", "slow"])
def test_a_server_that_takes_its_time_is_not_waited_for(first: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(30):
            time.sleep(0.1)
            if first:
                connection.sendall(b"x")

    with serving(drip) as port:
        begin = HERE.now()
        assert HERE.get(port, "/", 0.5) is None
        assert HERE.now() - begin < 2.5


def test_a_free_port_can_be_had() -> None:
    with socket.create_server(("127.0.0.1", HERE.free_port())):
        pass


def test_time_passes() -> None:
    begin = HERE.now()
    HERE.pause(0.01)
    assert HERE.now() >= begin + 0.01
