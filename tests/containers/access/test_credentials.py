from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from support import credential_helpers
from workflow_containers.access.credentials import (
    Anonymous,
    Basic,
    Credential,
    DockerCredentials,
    IdentityToken,
)
from workflow_containers.errors import CredentialsError
from workflow_containers.run import run
from workflow_containers.secret import Secret

HUB = "https://index.docker.io/v1/"


def basic(username: str, password: str) -> Basic:
    return Basic(username=username, password=Secret(password))


def auth(pair: str) -> dict[str, str]:
    return {"auth": b64encode(pair.encode()).decode()}


def known(folder: Path, config: object, registry: str) -> Credential:
    environment = credential_helpers.environment(folder, config)
    return DockerCredentials(environment=environment, run=run)(registry)


def test_nobody_without_a_configuration(tmp_path: Path) -> None:
    assert known(tmp_path, None, "a.test") == Anonymous()
    assert known(tmp_path, {}, "a.test") == Anonymous()
    assert known(tmp_path, {"auths": None, "credHelpers": None}, "a.test") == Anonymous()


def test_a_user_and_a_password(tmp_path: Path) -> None:
    config = {"auths": {"a.test": auth("me:p:ß"), "b.test:5000": auth("you:q")}}
    assert known(tmp_path, config, "a.test") == basic("me", "p:ß")
    assert known(tmp_path, config, "b.test:5000") == basic("you", "q")
    assert known(tmp_path, config, "b.test") == Anonymous()


@pytest.mark.parametrize(
    "key",
    ["a.test", "https://a.test", "https://a.test/", "http://a.test/v1/", "https://a.test/v2/"],
)
def test_a_registry_by_its_address(tmp_path: Path, key: str) -> None:
    assert known(tmp_path, {"auths": {key: auth("me:p")}}, "a.test") == basic("me", "p")


@pytest.mark.parametrize(
    "key",
    ["a.test.evil.test", "evil.test/a.test", "a.test/team", "a.test:5000", "A.test", "", "//"],
)
def test_what_is_another_registry(tmp_path: Path, key: str) -> None:
    assert known(tmp_path, {"auths": {key: auth("me:p")}}, "a.test") == Anonymous()


@pytest.mark.parametrize("key", [HUB, "docker.io", "index.docker.io", "https://index.docker.io"])
def test_docker_hub_by_all_its_names(tmp_path: Path, key: str) -> None:
    assert known(tmp_path, {"auths": {key: auth("me:p")}}, "docker.io") == basic("me", "p")


def test_an_identity_token(tmp_path: Path) -> None:
    config = {"auths": {"a.test": {**auth("me:"), "identitytoken": "t0ken"}}}
    assert known(tmp_path, config, "a.test") == IdentityToken(token=Secret("t0ken"))


def test_an_entry_that_only_says_that_there_is_one(tmp_path: Path) -> None:
    assert known(tmp_path, {"auths": {"a.test": {}}}, "a.test") == Anonymous()


@pytest.mark.parametrize(
    "entry",
    [
        {"auth": "hidden"},
        {"auth": "aGlkZGVu"},
        {"auth": 7},
        {"auth": ""},
        {"auth": b64encode(b"\xff\xfe:hidden").decode()},
        "hidden",
        ["hidden"],
        None,
        7,
        auth("a\x00b:hidden"),
        auth("a\r\nb:hidden"),
    ],
)
def test_an_entry_that_can_t_be_read(tmp_path: Path, entry: object) -> None:
    with pytest.raises(CredentialsError) as caught:
        known(tmp_path, {"auths": {"a.test": entry}}, "a.test")
    assert caught.value.remedy
    assert "hidden" not in f"{caught.value} {caught.value.__cause__}"


def test_an_entry_of_another_registry_is_nobody_s_business(tmp_path: Path) -> None:
    config = {"auths": {"a.test": auth("me:p"), "b.test": {"auth": "rubbish"}, "c.test": None}}
    assert known(tmp_path, config, "a.test") == basic("me", "p")


@pytest.mark.parametrize(
    "config",
    [
        {"auths": []},
        {"auths": "hidden"},
        {"credHelpers": ["hidden"]},
        {"credHelpers": {"a.test": 7}},
        {"credsStore": {"hidden": 1}},
        {"credsStore": "../../evil"},
        {"credHelpers": {"a.test": "/bin/sh"}},
        "hidden",
    ],
)
def test_a_configuration_that_is_none(tmp_path: Path, config: object) -> None:
    with pytest.raises(CredentialsError) as caught:
        known(tmp_path, config, "a.test")
    assert "hidden" not in str(caught.value)


def test_a_helper_for_one_registry(tmp_path: Path) -> None:
    credential_helpers.keeping(tmp_path, "one", **{"a.test": {"Username": "me", "Secret": "p"}})
    config = {"credHelpers": {"a.test": "one"}, "auths": {"b.test": auth("you:q")}}
    assert known(tmp_path, config, "a.test") == basic("me", "p")
    assert known(tmp_path, config, "b.test") == basic("you", "q")


def test_a_store_for_all_but_those_with_a_helper(tmp_path: Path) -> None:
    credential_helpers.keeping(tmp_path, "one", **{"a.test": {"Username": "me", "Secret": "one"}})
    credential_helpers.keeping(
        tmp_path, "all",
        **{"a.test": {"Username": "me", "Secret": "all"},
           HUB: {"Username": "<token>", "Secret": "t0ken"}},
    )  # fmt: skip
    config = {"credsStore": "all", "credHelpers": {"a.test": "one"}}
    assert known(tmp_path, config, "a.test") == basic("me", "one")
    assert known(tmp_path, config, "docker.io") == IdentityToken(token=Secret("t0ken"))
    assert known(tmp_path, config, "b.test") == Anonymous()


def test_what_a_store_does_not_know_the_configuration_may(tmp_path: Path) -> None:
    credential_helpers.keeping(tmp_path, "all")
    config = {"credsStore": "all", "auths": {"a.test": auth("me:p")}}
    assert known(tmp_path, config, "a.test") == basic("me", "p")


def test_a_helper_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="docker-credential-ecr-login: no such program"):
        known(tmp_path, {"credsStore": "ecr-login"}, "a.test")


def test_nothing_is_run_for_a_registry_without_a_helper(tmp_path: Path) -> None:
    credential_helpers.script(tmp_path, "one", f"touch {tmp_path}/ran")
    assert known(tmp_path, {"credHelpers": {"a.test": "one"}}, "b.test") == Anonymous()
    assert not (tmp_path / "ran").exists()


def test_the_home_folder_s(tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    folder.mkdir()
    entry = b64encode(b"me:p").decode()
    (folder / "config.json").write_text(f'{{"auths": {{"a.test": {{"auth": "{entry}"}}}}}}')
    found = DockerCredentials(environment={"HOME": str(tmp_path)}, run=run)("a.test")
    assert found == basic("me", "p")


@pytest.mark.parametrize("name", ["", "a:b", "a\nb", "a\x7f", "x" * 300])
def test_names_that_no_user_has(name: str) -> None:
    with pytest.raises(CredentialsError):
        basic(name, "p")


def test_nothing_shows_a_secret() -> None:
    for credential in (basic("me", "hidden"), IdentityToken(token=Secret("hidden"))):
        assert "hidden" not in f"{credential!r} {credential}"
