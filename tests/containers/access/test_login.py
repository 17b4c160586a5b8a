from __future__ import annotations

import io
import json
import stat
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from simulators.transports import Told, answer
from support import credential_helpers
from workflow_containers.access.credentials import Anonymous, Basic, DockerCredentials
from workflow_containers.access.login import MAX_PASSWORD, Keeper, Kept, check, read_password
from workflow_containers.errors import CredentialsError, RegistryError
from workflow_containers.network.interface import Request, Response
from workflow_containers.run import run
from workflow_containers.secret import Secret

HUB = "https://index.docker.io/v1/"
ME = Basic(username="me", password=Secret("p:ß"))
ENTRY = {"auth": b64encode("me:p:ß".encode()).decode()}


def keeper(folder: Path, config: object = None) -> Keeper:
    return Keeper(environment=credential_helpers.environment(folder, config), run=run)


def config(one: Keeper) -> Any:
    return json.loads(one.file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (b"p", "p"),
        (b"p\n", "p"),
        (b"p\r\n", "p"),
        (b" p ", " p "),
        ("ß\n".encode(), "ß"),
        (b'{\n  "key": "x"\n}\n', '{\n  "key": "x"\n}'),
        (b"x" * MAX_PASSWORD, "x" * MAX_PASSWORD),
    ],
)
def test_a_password_on_standard_input(data: bytes, password: str) -> None:
    assert read_password(io.BytesIO(data)).reveal() == password


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\r\n", b"\xffhidden", b"a\0hidden",
     b"x" * (MAX_PASSWORD + 1), b"x" * (MAX_PASSWORD + 1) + b"\n"],
)  # fmt: skip
def test_what_is_no_password(data: bytes) -> None:
    with pytest.raises(CredentialsError, match="no password of at most") as caught:
        read_password(io.BytesIO(data))
    assert "hidden" not in f"{caught.value} {caught.value.__cause__}"


def test_no_more_is_read_than_a_password() -> None:
    endless = io.BytesIO(b"x" * (10 * MAX_PASSWORD))
    with pytest.raises(CredentialsError):
        read_password(endless)
    assert endless.tell() <= MAX_PASSWORD + 1


def test_a_registry_is_asked_whether_it_knows_us() -> None:
    told = Told(answer)
    check("docker.io", told)
    assert [(each.method, each.url) for each in told.requests] == [("GET", "https://docker.io/v2/")]
    assert told.unclosed == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, CredentialsError), (401, RegistryError), (404, RegistryError), (500, RegistryError)],
)
def test_a_registry_that_does_not(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"a\.test"):
        check("a.test", Told(lambda request: answer(request, status)))


def test_credentials_that_are_no_good_have_a_remedy_of_their_own() -> None:
    def refuse(_: Request) -> Response:
        raise CredentialsError("a.test: no", remedy="log in")

    with pytest.raises(CredentialsError, match=r"a\.test: no") as caught:
        check("a.test", Told(refuse))
    assert caught.value.remedy == "check user name and password; nothing was kept"


def test_a_credential_is_kept_in_the_configuration(tmp_path: Path) -> None:
    one = keeper(tmp_path, {"HttpHeaders": {"a": "b"}, "auths": {"b.test": {"auth": "eDp5"}}})
    assert one.keep("a.test", ME) == Kept(registry="a.test", place=str(one.file))
    assert config(one) == {
        "HttpHeaders": {"a": "b"},
        "auths": {"b.test": {"auth": "eDp5"}, "a.test": ENTRY},
    }
    assert stat.S_IMODE(one.file.stat().st_mode) == 0o600
    assert DockerCredentials(environment=one.environment, run=run)("a.test") == ME


def test_it_takes_the_place_of_all_others_for_the_registry(tmp_path: Path) -> None:
    old = {"auth": "eDp5", "identitytoken": "old"}
    auths = {"https://a.test": old, "a.test": old, "http://a.test/v2/": old, "a.test/team": old}
    one = keeper(tmp_path, {"auths": auths})
    one.keep("a.test", ME)
    assert config(one) == {"auths": {"a.test/team": old, "a.test": ENTRY}}


def test_docker_hub_is_kept_under_docker_s_name_for_it(tmp_path: Path) -> None:
    one = keeper(tmp_path, {"auths": {"docker.io": {"auth": "eDp5"}}})
    one.keep("docker.io", ME)
    assert config(one) == {"auths": {HUB: ENTRY}}


def test_a_helper_keeps_it_and_the_configuration_only_says_so(tmp_path: Path) -> None:
    file = credential_helpers.keeping(tmp_path, "all")
    one = keeper(tmp_path, {"credsStore": "all", "auths": {"a.test": {"auth": "eDp5"}}})
    assert one.keep("a.test", ME).place == "docker-credential-all"
    assert config(one) == {"credsStore": "all", "auths": {"a.test": {}}}
    kept = json.loads(file.read_text())
    assert kept == {"a.test": {"ServerURL": "a.test", "Username": "me", "Secret": "p:ß"}}
    assert DockerCredentials(environment=one.environment, run=run)("a.test") == ME


def test_a_helper_that_fails_changes_nothing(tmp_path: Path) -> None:
    credential_helpers.script(tmp_path, "all", "cat; exit 1")
    before = {"credsStore": "all", "auths": {"a.test": {"auth": "eDp5"}}}
    one = keeper(tmp_path, before)
    with pytest.raises(CredentialsError, match="docker-credential-all"):
        one.keep("a.test", ME)
    assert config(one) == before


def test_two_logins_at_once_are_both_kept(tmp_path: Path) -> None:
    one = keeper(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        assert len([*pool.map(lambda n: one.keep(f"r{n}.test", ME), range(24))]) == 24
    assert config(one) == {"auths": {f"r{n}.test": ENTRY for n in range(24)}}


@pytest.mark.parametrize("name", ["a.test", "docker.io"])
def test_what_was_kept_is_forgotten(tmp_path: Path, name: str) -> None:
    one = keeper(tmp_path, {"x": 1, "auths": {"b.test": ENTRY}})
    one.keep(name, ME)
    one.forget(name)
    assert config(one) == {"x": 1, "auths": {"b.test": ENTRY}}
    assert DockerCredentials(environment=one.environment, run=run)(name) == Anonymous()


def test_what_a_helper_keeps_is_forgotten(tmp_path: Path) -> None:
    file = credential_helpers.keeping(tmp_path, "one")
    one = keeper(tmp_path, {"credHelpers": {"a.test": "one"}})
    one.keep("a.test", ME)
    one.forget("a.test")
    assert json.loads(file.read_text()) == {}
    assert config(one) == {"credHelpers": {"a.test": "one"}, "auths": {}}


def test_forgetting_what_is_not_there_writes_nothing(tmp_path: Path) -> None:
    one = keeper(tmp_path)
    one.forget("a.test")
    assert not one.file.exists()


def test_what_is_kept_is_listed_without_a_secret(tmp_path: Path) -> None:
    auths = {HUB: ENTRY, "https://a.test/v2/": ENTRY, "a.test": ENTRY, "b.test": {}}
    one = keeper(tmp_path, {"auths": auths, "credHelpers": {"c.test": "one", "b.test": "two"}})
    assert [(each.registry, each.place) for each in one.kept()] == [
        ("a.test", str(one.file)),
        ("b.test", "docker-credential-two"),
        ("c.test", "docker-credential-one"),
        ("docker.io", str(one.file)),
    ]
