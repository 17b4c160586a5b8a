from __future__ import annotations

import os
from pathlib import Path

import pytest

from workflow_release.signing import private_files
from workflow_release.signing.private_files import OTHERS_READ, OTHERS_WRITE, UnsafeFileError


def _file(folder: Path, mode: int, data: bytes = b"secret") -> Path:
    path = folder / "key"
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    assert private_files.read(_file(tmp_path, 0o600), forbidden=OTHERS_READ) == b"secret"
    assert private_files.read(_file(tmp_path, 0o644), forbidden=OTHERS_WRITE) == b"secret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o610])
def test_a_file_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    path = _file(tmp_path, mode)
    with pytest.raises(UnsafeFileError, match="can be read by others") as refused:
        private_files.read(path, forbidden=OTHERS_READ)
    assert refused.value.remedy == f"chmod go-rwx {path}"


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_write_is_refused(mode: int, tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match="can be written by others"):
        private_files.read(_file(tmp_path, mode), forbidden=OTHERS_WRITE)


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(_file(tmp_path, 0o600))
    with pytest.raises(UnsafeFileError, match="a symbolic link"):
        private_files.read(link, forbidden=OTHERS_READ)


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(UnsafeFileError, match="no regular file"):
        private_files.read(pipe, forbidden=OTHERS_READ)
    with pytest.raises(UnsafeFileError, match="no regular file"):
        private_files.read(tmp_path, forbidden=0)


def test_a_large_file_is_no_key(tmp_path: Path) -> None:
    path = _file(tmp_path, 0o600, b"x" * (private_files.MAX_BYTES + 1))
    with pytest.raises(UnsafeFileError, match="larger than"):
        private_files.read(path, forbidden=OTHERS_READ)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, 0o600)
    os.chown(path, 12345, 12345)
    with pytest.raises(UnsafeFileError, match="belongs to another user"):
        private_files.read(path, forbidden=OTHERS_READ)


def test_a_folder_is_made_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        tmp_path.chmod(0o700)
        private_files.make_folder(tmp_path / "keys", forbidden=OTHERS_READ)
    finally:
        os.umask(before)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with pytest.raises(UnsafeFileError, match="can be read by others"):
        private_files.make_folder(folder, forbidden=OTHERS_READ)


def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "keys").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeFileError, match="no folder, or a link"):
        private_files.make_folder(tmp_path / "keys", forbidden=OTHERS_READ)


def test_a_taken_name_is_left_alone(tmp_path: Path) -> None:
    path = _file(tmp_path, 0o600)
    temporary = private_files.write_temporary(tmp_path, b"new", 0o600)
    assert not private_files.put_if_absent(path, temporary)
    assert path.read_bytes() == b"secret"
    assert list(tmp_path.iterdir()) == [path]


def test_a_free_name_is_taken_whole(tmp_path: Path) -> None:
    temporary = private_files.write_temporary(tmp_path, b"new", 0o600)
    assert private_files.put_if_absent(tmp_path / "key", temporary)
    assert (tmp_path / "key").read_bytes() == b"new"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
