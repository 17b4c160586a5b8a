from __future__ import annotations

import time
from pathlib import Path

import pytest

from support import credential_helpers
from workflow_containers.access.helper import Helper
from workflow_containers.errors import CredentialsError
from workflow_containers.run import run


def helper(folder: Path, text: str | None = None, timeout: float = 20.0) -> Helper:
    if text is not None:
        credential_helpers.script(folder, "test", text)
    return Helper(
        program="docker-credential-test",
        environment=credential_helpers.environment(folder),
        run=run,
        timeout=timeout,
    )


def test_what_it_keeps(tmp_path: Path) -> None:
    credential_helpers.keeping(tmp_path, "test")
    one = helper(tmp_path)
    assert one.get("a.test") is None
    one.store("a.test", "me", 'p"a\\s\nß')
    assert one.get("a.test") == ("me", 'p"a\\s\nß')
    one.erase("a.test")
    one.erase("a.test")
    assert one.get("a.test") is None


def test_a_server_is_asked_for_on_standard_input_only(tmp_path: Path) -> None:
    text = (
        f'cat > {tmp_path}/in; echo "$@" > {tmp_path}/argv; echo \'{{"Username":"","Secret":""}}\''
    )
    assert helper(tmp_path, text).get("a.test") is None
    assert (tmp_path / "in").read_text() == "a.test"
    assert (tmp_path / "argv").read_text() == "get\n"


def test_a_secret_is_stored_on_standard_input_only(tmp_path: Path) -> None:
    text = f'cat > {tmp_path}/in; echo "$@" > {tmp_path}/argv; env > {tmp_path}/env'
    helper(tmp_path, text).store("a.test", "me", "hidden")
    assert "hidden" in (tmp_path / "in").read_text()
    assert "hidden" not in (tmp_path / "argv").read_text() + (tmp_path / "env").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo hidden; echo hidden >&2; exit 1", "failed with exit code 1"),
        ("echo hidden", "answers what no helper may"),
        ("echo '\"hidden\"'", "answers what no helper may"),
        ("echo '[]'", "answers what no helper may"),
        ('echo \'{"Username":"me"}\'', "answers what no helper may"),
        ('echo \'{"Username":"me","Secret":7}\'', "answers what no helper may"),
        ('echo \'{"Username":null,"Secret":"hidden"}\'', "answers what no helper may"),
        ("printf '\\377\\376'", "answers what no helper may"),
        ("head -c 200000 /dev/zero", "answers what no helper may"),
        ("kill -9 $$", "failed with exit code -9"),
    ],
)
def test_one_that_fails_or_prints_rubbish(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CredentialsError, match=said) as caught:
        helper(tmp_path, text).get("a.test")
    assert str(caught.value).startswith("docker-credential-test: ")
    assert "docker-credential-test list" in caught.value.remedy
    assert "hidden" not in f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"


def test_one_that_fails_to_store_leaks_nothing(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError) as caught:
        helper(tmp_path, "cat; cat >&2; exit 3").store("a.test", "me", "hidden")
    assert "hidden" not in f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"


def test_what_it_prints_reaches_no_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CredentialsError):
        helper(tmp_path, "echo hidden; echo hidden >&2; exit 1").get("a.test")
    assert capfd.readouterr() == ("", "")


def test_one_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="docker-credential-test: no such program"):
        helper(tmp_path).get("a.test")


def test_one_that_may_not_be_run(tmp_path: Path) -> None:
    (tmp_path / "docker-credential-test").mkdir()
    with pytest.raises(CredentialsError, match="docker-credential-test"):
        helper(tmp_path).get("a.test")


def test_one_that_hangs(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(CredentialsError, match=r"not finished after 0\.3 seconds"):
        helper(tmp_path, "exec sleep 30", timeout=0.3).get("a.test")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("name", ["", "../evil", "/bin/sh", "a b", "a\x1b[0m", "-x", "x" * 80])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(CredentialsError, match="no name of a credential helper") as caught:
        Helper.named(name, {}, run)
    assert str(caught.value).isprintable()
