"""What the process was given, and how little of it other programs see."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workflow_release.machine.host import Host

SECRETS = {
    "GITHUB_TOKEN": "ghs-secret",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "id-secret",
    "AWS_SECRET_ACCESS_KEY": "aws-secret",
    "TWINE_PASSWORD": "twine-secret",
    "NPM_TOKEN": "npm-secret",
    "SSH_AUTH_SOCK": "/run/secret-agent",
}


def detected(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Host:
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Host.detect()


def test_folders_follow_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    host = detected(monkeypatch, HOME="/home/ann")
    assert (host.home, host.cache, host.config) == (
        Path("/home/ann"),
        Path("/home/ann/.cache/workflow-release"),
        Path("/home/ann/.config/workflow-release"),
    )


def test_folders_follow_the_base_directories_which_must_be_absolute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = detected(monkeypatch, HOME="/home/ann", XDG_CACHE_HOME="/fast", XDG_CONFIG_HOME="near")
    assert host.cache == Path("/fast/workflow-release")
    assert host.config == Path("/home/ann/.config/workflow-release")


def test_our_own_variables_name_the_folders_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    host = detected(
        monkeypatch,
        HOME="/home/ann",
        XDG_CACHE_HOME="/fast",
        WORKFLOW_RELEASE_CACHE="/cache",
        WORKFLOW_RELEASE_CONFIG="config",
    )
    assert (host.cache, host.config) == (Path("/cache"), Path.cwd() / "config")


def test_without_a_variable_the_account_has_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detected(monkeypatch).home.is_absolute()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("1", True), ("yes", True), ("", False), ("0", False), ("False", False)],
)
def test_ci_is_what_says_so(monkeypatch: pytest.MonkeyPatch, value: str, *, expected: bool) -> None:
    assert detected(monkeypatch, CI=value).in_ci is expected


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    host = detected(monkeypatch, HOME="/home/ann")
    monkeypatch.setenv("LATER", "1")
    assert "LATER" not in host.environment


def test_no_secret_is_shown_with_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "secret" not in repr(detected(monkeypatch, HOME="/home/ann", **SECRETS))


def test_a_tool_that_fetches_sees_the_way_out_and_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    way_out = {
        "PATH": "/opt/bin:/usr/bin",
        "https_proxy": "http://proxy:3128",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "PIP_INDEX_URL": "https://index.example/simple",
        "npm_config_registry": "https://npm.example",
        "GOPROXY": "https://go.example",
        "GOPRIVATE": "example.org",
    }
    host = detected(monkeypatch, HOME="/home/ann", LANG="tr_TR.UTF-8", **way_out, **SECRETS)
    assert host.tool_environment() == way_out | {
        "HOME": "/home/ann", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
    }  # fmt: skip


def test_a_projects_own_code_sees_where_programs_are_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"PIP_INDEX_URL": "https://user:password@index.example", "https_proxy": "http://p"}
    host = detected(monkeypatch, HOME="/home/ann", PATH="/usr/bin", **given, **SECRETS)
    assert host.build_environment() == {
        "PATH": "/usr/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC",
    }  # fmt: skip


def test_there_is_a_path_even_where_none_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detected(monkeypatch, HOME="/home/ann").tool_environment()["PATH"] == os.defpath


def test_processors_are_those_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detected(monkeypatch).processors == len(os.sched_getaffinity(0))
