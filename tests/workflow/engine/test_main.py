"""The program itself, as a process: nothing but its arguments and an almost empty environment."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

EXAMPLES = Path(__file__).parents[3] / "workflow" / "engine" / "examples"
HELLO, ORDERS = EXAMPLES / "hello.yaml", EXAMPLES / "orders.yaml"
COMMAND = [sys.executable, "-m", "workflow_engine"]
# no HOME, no PATH: an image's process has little more
ENVIRONMENT = {"PORT": "0", "PYTHONDONTWRITEBYTECODE": "1"}


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@contextmanager
def running(
    *arguments: str | Path, folder: Path | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its URL; it is ended however the test ends."""
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
    ) as process:
        try:
            assert process.stdout is not None
            announced = process.stdout.readline()
            found = re.fullmatch(r"web on (http://127\.0\.0\.1:\d+)\n", announced)
            assert found, f"it said {announced!r}"
            yield process, found[1]
        finally:
            process.kill()


def fetch(url: str) -> object:
    answer: object = httpx.get(url, timeout=5, trust_env=False).json()
    return answer


def test_version_is_one_line() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, "workflow-server 0.0.0\n", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    with running("--config", HELLO) as (process, url):
        assert fetch(f"{url}/hello/world") == {"message": "Hello, World!"}
        assert fetch(f"{url}/healthz") == {"status": "healthy", "checks": {}}
        process.send_signal(number)
        assert process.wait(10) == 0


def test_a_request_under_way_is_finished() -> None:
    body = b'{"item": "tea", "quantity": 3}'
    head = (
        b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    with running("--config", ORDERS) as (process, url):
        port = int(url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(head + body[:5])
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            client.sendall(body[5:])
            answer = client.recv(65536)
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert process.wait(15) == 0


def test_a_host_given_takes_the_place_of_every_address(tmp_path: Path) -> None:
    text = HELLO.read_text().replace("127.0.0.1:${PORT:-8080}", "192.0.2.1:0")
    file = tmp_path / "elsewhere.yaml"
    file.write_text(text)
    with running("--config", file, "--host", "127.0.0.1") as (_, url):
        assert fetch(f"{url}/livez") == {"status": "alive"}


def test_every_interface_is_bound_for_a_bare_port(tmp_path: Path) -> None:
    file = tmp_path / "everywhere.yaml"
    file.write_text(HELLO.read_text().replace("127.0.0.1:${PORT:-8080}", ":0"))
    with running("--config", file) as (_, url):
        assert fetch(f"{url}/livez") == {"status": "alive"}


def taken_port() -> tuple[socket.socket, str]:
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, str(listener.getsockname()[1])


def test_errors_are_told_with_a_code_of_their_own_and_no_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("modules: [")
    no_server = tmp_path / "no-server.yaml"
    no_server.write_text("modules: [{name: h, type: http.handler}]")
    no_root = tmp_path / "no-root.yaml"
    no_root.write_text(
        "modules:\n"
        "  - {name: w, type: http.server, config: {address: '127.0.0.1:0'}}\n"
        "  - {name: r, type: http.router}\n"
        "  - {name: s, type: static.fileserver, config: {root: gone}}\n"
    )
    listener, port = taken_port()
    with listener:
        results = [
            run(),
            run("--config", HELLO, "--confg", "x"),
            run("--config", tmp_path / "gone.yaml"),
            run("--config", broken),
            run("--config", tmp_path),
            run("--config", no_server),
            run("--config", no_root),
            run("--config", HELLO, PORT=port),
            run("--config", HELLO, "--host", "192.0.2.1"),
            run("--config", HELLO, PORT="x"),
        ]
    assert [done.returncode for done in results] == [2, 2, 3, 3, 3, 2, 5, 4, 4, 3]
    assert all(done.stderr.startswith("error: ") for done in results)
    assert not any("Traceback" in done.stderr for done in results)
    assert [done.stdout for done in results] == [""] * len(results)


def test_names_from_a_file_can_not_drive_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "bad\x1b[31m.yaml"
    file.write_text('modules: [{name: "a", type: "x\\u202e\\u009by"}]')
    for done in (run("--config", file), run("--config", tmp_path / "gone\x1b]0;x\x07.yaml")):
        assert done.returncode == 3
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.stderr)


def test_it_writes_nothing_where_it_runs(tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text(HELLO.read_text())
    with running("--config", file, folder=tmp_path) as (process, url):
        assert fetch(f"{url}/livez") == {"status": "alive"}
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert [entry.name for entry in tmp_path.iterdir()] == ["hello.yaml"]


def test_the_start_stays_light() -> None:
    """Asking for the version loads neither the server nor the YAML reader."""
    code = (
        "import sys, workflow_engine.__main__ as m\n"
        "try: m.main(['--version'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'starlette', 'uvicorn', 'ruamel', 'asyncio', 'anyio'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
