from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workflow_containers.access import docker_config
from workflow_containers.errors import CredentialsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "config.json"


def put(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def edit(config: dict[str, Any]) -> None:
        config[key] = value

    return edit


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_where_it_is() -> None:
    assert docker_config.path({"HOME": "/h"}) == Path("/h/.docker/config.json")
    assert docker_config.path({"HOME": "/h", "DOCKER_CONFIG": "/c"}) == Path("/c/config.json")
    assert docker_config.path({"HOME": "/h", "DOCKER_CONFIG": ""}) == Path("/h/.docker/config.json")
    assert docker_config.path({"DOCKER_CONFIG": "c"}).is_absolute()


def test_none_is_an_empty_one(file: Path) -> None:
    assert docker_config.read(file) == {}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hidden",
        b"[]",
        b"\xff\xfe",
        b'{"a": 1, "a": 2}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b" " * (docker_config.MAX_BYTES + 1),
        b'{"auths": NaN}',
    ],
)
def test_what_is_no_configuration(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    for use in (docker_config.read, lambda path: docker_config.change(path, put("a", 1))):
        with pytest.raises(CredentialsError, match=str(file)) as caught:
            use(file)
        assert caught.value.remedy
        assert "hidden" not in str(caught.value)
    assert file.read_bytes() == data


def test_a_pipe_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(CredentialsError, match="no regular file"):
        docker_config.read(file)
    with pytest.raises(CredentialsError, match="no regular file"):
        docker_config.change(file, put("a", 1))


def test_a_folder_in_its_place(file: Path) -> None:
    file.mkdir()
    with pytest.raises(CredentialsError, match="no regular file"):
        docker_config.read(file)


def test_one_that_may_not_be_read(file: Path) -> None:
    file.symlink_to(file)
    with pytest.raises(CredentialsError, match="can't be read"):
        docker_config.read(file)


def test_a_file_in_the_folder_s_place(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text("x")
    for use in (docker_config.read, lambda path: docker_config.change(path, put("a", 1))):
        with pytest.raises(CredentialsError):
            use(tmp_path / "docker" / "config.json")


def test_it_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = tmp_path / "home" / ".docker" / "config.json"
        docker_config.change(file, put("a", 1))
    finally:
        os.umask(before)
    assert (mode(file.parent), mode(file)) == (0o700, 0o600)
    assert [each.name for each in file.parent.iterdir()] == ["config.json"]


def test_one_that_everybody_read_is_closed(file: Path) -> None:
    file.write_text("{}")
    file.chmod(0o644)
    docker_config.change(file, put("a", 1))
    assert mode(file) == 0o600


OTHERS = (
    '{"z": 1, "HttpHeaders": {"User-Agent": "x"}, "detachKeys": "ctrl-e,e", "a": [1, 2.5, null],'
    ' "auths": {"old.test": {"auth": "b2xkOm9sZA=="}}, "ß": "\\u2603", "big": 12345678901234567890}'
)


def test_what_others_keep_stays(file: Path) -> None:
    file.write_text(OTHERS)
    docker_config.change(file, put("new", 1))
    assert json.loads(file.read_text()) == json.loads(OTHERS) | {"new": 1}
    assert [*json.loads(file.read_text())] == [*json.loads(OTHERS), "new"]


def test_an_edit_that_fails_changes_nothing(file: Path) -> None:
    file.write_text(OTHERS)

    def edit(config: dict[str, Any]) -> None:
        config.clear()
        raise CredentialsError("no")

    with pytest.raises(CredentialsError):
        docker_config.change(file, edit)
    assert file.read_text() == OTHERS
    assert [*file.parent.iterdir()] == [file]


def test_many_at_once_lose_nothing(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = pool.map(lambda n: docker_config.change(file, put(f"k{n}", n)), range(40))
        assert len([*done]) == 40
    assert docker_config.read(file) == {f"k{n}": n for n in range(40)}


def test_never_through_a_link(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "shared.json"
    other.write_text("{}")
    other.chmod(0o666)
    file.symlink_to(other)
    with pytest.raises(CredentialsError, match="symbolic link") as caught:
        docker_config.change(file, put("a", 1))
    assert "DOCKER_CONFIG" in caught.value.remedy
    assert other.read_text() == "{}"
    other.unlink()
    with pytest.raises(CredentialsError, match="symbolic link"):
        docker_config.change(file, put("a", 1))
    assert not other.exists()


def test_a_link_may_be_read(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "dotfiles.json"
    other.write_text('{"a": 1}')
    file.symlink_to(other)
    assert docker_config.read(file) == {"a": 1}


@pytest.mark.parametrize("place", ["folder", "file"])
def test_what_others_may_write_is_not_trusted(file: Path, place: str) -> None:
    file.write_text("{}")
    (file.parent if place == "folder" else file).chmod(0o777)
    with pytest.raises(CredentialsError, match="can be written by others") as caught:
        docker_config.change(file, put("a", 1))
    assert caught.value.remedy.startswith("chmod go-w ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("place", ["folder", "file"])
def test_somebody_else_s_is_left_alone(file: Path, place: str) -> None:
    file.write_text("{}")
    os.chown(file.parent if place == "folder" else file, 12345, 12345)
    with pytest.raises(CredentialsError, match="belongs to another user"):
        docker_config.change(file, put("a", 1))


def test_a_full_disk_is_told_and_leaves_nothing(file: Path) -> None:
    file.write_text("{}")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(CredentialsError, match="can't be written"):
            docker_config.change(file, put("a", "x" * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_text() == "{}"
    assert [*file.parent.iterdir()] == [file]
