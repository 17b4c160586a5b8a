"""Whatever is at the other end, a person is told what, where, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulators.docker_socket import VERSION, answer, listening
from workflow_containers.engine.answering import answering
from workflow_containers.engine.connecting import connect
from workflow_containers.errors import EngineError
from workflow_containers.platform import AMD64

GOOD = answer(VERSION)
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.usefixtures("sockets_of_the_sdk"),
]


def refused(environment: dict[str, str], address: str | None = None) -> EngineError:
    with pytest.raises(EngineError) as caught, connect(environment, address):
        pass
    assert caught.value.remedy
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.parametrize("by", ["DOCKER_HOST", "option", "path"])
def test_an_engine_is_found(by: str) -> None:
    with listening(GOOD) as address:
        given = {"option": address, "path": address.removeprefix("unix://")}.get(by)
        environment = {"DOCKER_HOST": "unix:///none" if given else address}
        with connect(environment, given) as engine:
            assert engine.facts.platform == AMD64
            assert engine.facts.version == "20.10"
            assert engine.facts.local


def test_the_context_of_the_command_line_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the SDK does; it reads the process's own environment for where they are."""
    with listening(GOOD) as address:
        name = "3fd30542fe3f61b14bd4a4b2dc0b6fb30fa6f63ebce52dd1778aaa8c4dc02cff"  # of "mine"
        folder = tmp_path / "contexts/meta" / name
        folder.mkdir(parents=True)
        endpoint = {"Host": address, "SkipTLSVerify": False}
        meta = {"Name": "mine", "Metadata": {}, "Endpoints": {"docker": endpoint}}
        (folder / "meta.json").write_text(json.dumps(meta))
        (tmp_path / "config.json").write_text(json.dumps({"currentContext": "mine"}))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        with connect({"DOCKER_CONTEXT": "mine"}) as engine:
            assert engine.facts.version == "20.10"


def test_no_engine_is_told_with_its_address(tmp_path: Path) -> None:
    error = refused({"DOCKER_HOST": f"unix://{tmp_path}/none"})
    assert f"no Docker Engine at unix://{tmp_path}/none: No such file" in str(error)
    assert "--engine or DOCKER_HOST" in error.remedy


def test_nobody_listening_is_told() -> None:
    assert "Connection refused" in str(refused({}, "tcp://127.0.0.1:9"))


@pytest.mark.parametrize(
    "address", ["", "ftp://x", "unix://", "tcp://", "tcp://h:port", "nothing", "\x1b[2J", "ssh://x"]
)
def test_what_is_no_address_is_told(address: str) -> None:
    refused({}, address or "?")


@pytest.mark.parametrize("version", ["1.24", "1.40"])
def test_an_engine_that_is_too_old_is_told(version: str) -> None:
    with listening(answer({**VERSION, "ApiVersion": version})) as address:
        error = refused({}, address)
    assert f"speaks API {version}" in str(error)
    assert error.remedy == "use Docker 20.10 or newer"


@pytest.mark.parametrize(
    "said",
    [
        answer({"message": "not \x1b[31mtoday"}, status=500),
        answer({"message": "authorization denied"}, status=403),
        answer({}),
        answer([]),
        answer({**VERSION, "ApiVersion": "x"}),
        answer({**VERSION, "Os": "a b"}),
        answer({**VERSION, "Arch": None}),
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
    ],
)
def test_what_is_no_engine_is_told(said: bytes) -> None:
    with listening(said) as address:
        refused({}, address)


def test_what_an_engine_refuses_is_told_in_its_words() -> None:
    with listening(answer({"message": "authorization denied by plugin"}, status=403)) as address:
        error = refused({}, address)
    assert "authorization denied by plugin" in str(error)


def test_a_socket_of_others_has_a_remedy_of_its_own() -> None:
    inner = PermissionError(13, "Permission denied")
    with pytest.raises(EngineError, match="x: Permission denied") as caught, answering("x"):
        raise OSError("Connection aborted.", inner)
    assert "group" in caught.value.remedy


@pytest.mark.parametrize(
    ("base", "local"),
    [
        ("http+docker://localhost", True),
        ("http://127.0.0.1:2375", True),
        ("https://docker.example:2376", False),
        ("http+docker://ssh", False),
    ],
)
def test_only_this_machines_ports_are_local(base: str, *, local: bool) -> None:
    from workflow_containers.engine.connecting import _is_local

    assert _is_local(base) is local
