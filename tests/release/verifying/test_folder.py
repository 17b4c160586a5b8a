from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from workflow_release.errors import VerificationError
from workflow_release.verifying.folder import MAX_ENTRIES, OpenFolder, Present, open_folder
from workflow_sbom.digest import Digest, Measured


def test_everything_in_the_folder_is_told_with_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with open_folder(tmp_path) as folder:
            present = folder.present()
    assert {each.name: each.oddity for each in present} == {
        "file": None,
        "folder": "a folder",
        "link": "a symbolic link",
        "pipe": "a pipe",
        "socket": "a socket",
    }
    assert present[0] == Present(name="file", size=3)


def test_a_file_is_read_and_measured(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    with open_folder(tmp_path) as folder:
        assert folder.content("file", 3) == b"abc"
        assert folder.measure("file", 3) == Measured(Digest.of(b"abc"), 3)


@pytest.mark.parametrize("name", ["folder", "link", "pipe", "dangling"])
def test_only_regular_files_are_opened(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "dangling").symlink_to("nothing")
    os.mkfifo(tmp_path / "pipe")
    with open_folder(tmp_path) as folder, pytest.raises(VerificationError, match=f"{name} is a "):
        folder.content(name, 100)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices")
def test_a_device_is_never_opened(tmp_path: Path) -> None:
    try:
        os.mknod(tmp_path / "zero", 0o020600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this container may not make devices: the check of devices is NOT tested")
    with open_folder(tmp_path) as folder:
        assert folder.present()[0].oddity == "a device"
        with pytest.raises(VerificationError, match="is a device"):
            folder.measure("zero", 100)


def test_a_larger_file_is_given_up_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(1 << 40)
    with open_folder(tmp_path) as folder, pytest.raises(VerificationError, match="larger than"):
        folder.content("sparse", 1 << 20)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with open_folder(tmp_path) as folder, pytest.raises(VerificationError, match="is missing"):
        folder.content("none", 1)


def test_no_name_leads_out_of_the_folder_it_was_opened_as(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_bytes(b"real")
    with open_folder(tmp_path / "real") as folder:
        (tmp_path / "real").rename(tmp_path / "moved")
        (tmp_path / "real").mkdir()
        (tmp_path / "real/file").write_bytes(b"swapped")
        assert folder.content("file", 100) == b"real"


def test_a_folder_of_endless_files_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow_release.verifying.folder.MAX_ENTRIES", 2)
    assert MAX_ENTRIES == 100_000
    for name in "abc":
        (tmp_path / name).touch()
    with open_folder(tmp_path) as folder, pytest.raises(VerificationError, match="more than 2"):
        folder.present()


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VerificationError) as refused, open_folder(tmp_path / name):
        pass
    assert refused.value.remedy == "name the folder that holds release.json"


def test_a_folder_that_fails_is_told(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.close(descriptor)
    gone = OpenFolder(descriptor)
    with pytest.raises(VerificationError, match="can't be listed: Bad file descriptor"):
        gone.present()
    with pytest.raises(VerificationError, match="file can't be read: Bad file descriptor"):
        gone.content("file", 1)
