"""`workflow-containers registry`, as a program of its own with a registry on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from simulators.servers import Asked, Reply, Server, reply
from support import credential_helpers
from support.patience import until

PASSWORD = "pass-hidden-wörd"
PAIR = b64encode(f"me:{PASSWORD}".encode()).decode()


def serve(asked: Asked) -> Reply:
    if asked.headers.get("authorization") == f"Basic {PAIR}":
        return reply(200, b"{}")
    return reply(401, b'{"errors": []}', {"WWW-Authenticate": 'Basic realm="r"'})


def workflow_containers(
    environment: dict[str, str], *words: str, password: str = ""
) -> subprocess.CompletedProcess[str]:
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    return subprocess.run(
        [sys.executable, "-m", "workflow_containers", "registry", *words],
        env={**environment, **coverage},
        input=password,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_in_and_listed_and_out(tmp_path: Path) -> None:
    environment = credential_helpers.environment(tmp_path)
    file = tmp_path / "docker" / "config.json"
    with Server(serve) as server:
        words = ("login", server.host, "--username", "me", "--password-stdin")
        done = workflow_containers(environment, *words, password=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout) == (0, f"{server.host}: kept in {file}\n")
    assert "next: " in done.stderr
    assert json.loads(file.read_text()) == {"auths": {server.host: {"auth": PAIR}}}
    assert file.stat().st_mode & 0o777 == 0o600

    listed = workflow_containers(environment, "list", "--json")
    assert json.loads(listed.stdout) == [{"registry": server.host, "place": str(file)}]
    assert server.host in workflow_containers(environment, "list").stdout

    out = workflow_containers(environment, "logout", server.host)
    assert (out.returncode, out.stdout) == (0, f"{server.host}: forgotten\n")
    assert json.loads(file.read_text()) == {"auths": {}}


def test_a_registry_that_asks_nobody_is_told_of(tmp_path: Path) -> None:
    with Server(lambda _: reply(200, b"{}")) as server:
        words = ("login", server.host, "-u", "me", "--password-stdin")
        done = workflow_containers(
            credential_helpers.environment(tmp_path), *words, password=PASSWORD
        )
    assert done.returncode == 0
    assert "the password was not tried" in done.stderr
    assert "authorization" not in server.asked[0].headers


def test_a_wrong_password_is_not_kept(tmp_path: Path) -> None:
    environment = credential_helpers.environment(tmp_path)
    with Server(serve) as server:
        words = ("login", server.host, "-u", "me", "--password-stdin")
        done = workflow_containers(environment, *words, password="wrong-hidden")
    assert (done.returncode, done.stdout) == (34, "")
    assert f"error: {server.host}: does not let 'me' do this" in done.stderr
    assert "remedy: " in done.stderr
    assert "hidden" not in done.stderr
    assert [*(tmp_path / "docker").iterdir()] == []


@pytest.mark.parametrize(
    "words",
    [
        ("--password", PASSWORD),
        (f"--password={PASSWORD}",),
        ("-p", PASSWORD),
        (f"-p{PASSWORD}",),
        ("--password", PASSWORD, "--password-stdin"),
        (),
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_shown(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    environment = credential_helpers.environment(tmp_path)
    with Server(serve) as server:
        done = workflow_containers(environment, "login", server.host, "-u", "me", *words)
        assert server.asked == []
    assert (done.returncode, done.stdout) == (2, "")
    assert "--password-stdin" in done.stderr
    assert "hidden" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("login",),
        ("login", "https://a.test", "-u", "me", "--password-stdin"),
        ("login", "a.test/team", "-u", "me", "--password-stdin"),
        ("logout", "\x1b[31m"),
        ("list", "x"),
        ("brew",),
    ],
)
def test_misuse(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = workflow_containers(credential_helpers.environment(tmp_path), *words, password=PASSWORD)
    assert (done.returncode, done.stdout) == (2, "")
    assert "remedy: " in done.stderr
    assert "\x1b" not in done.stderr


def test_ctrl_c_ends_the_wait_for_a_busy_registry(tmp_path: Path) -> None:
    environment = credential_helpers.environment(tmp_path)
    with Server(lambda _: reply(503, b"", {"Retry-After": "40"})) as server:
        command = [
            sys.executable, "-m", "workflow_containers",
            "registry", "login", server.host, "-u", "me", "--password-stdin",
        ]  # fmt: skip
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            process.stdin.write(b"x")
            process.stdin.close()
            until(lambda: len(server.asked) == 1, seconds=30, told=lambda: "nothing was asked")
            process.send_signal(signal.SIGINT)
            assert process.wait(15) == 130
    assert len(server.asked) == 1


def test_an_empty_list(tmp_path: Path) -> None:
    done = workflow_containers(credential_helpers.environment(tmp_path), "list", "--json")
    assert (done.returncode, done.stdout) == (0, "[]\n")
