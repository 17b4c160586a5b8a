from __future__ import annotations

import io
import tarfile

import pytest

from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink
from workflow_containers.layers.tarstream import END, MTIME, encode, header


def read(*entries: Entry) -> list[tarfile.TarInfo]:
    data = b"".join(map(encode, entries)) + END
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        return archive.getmembers()


LONG = "usr/" + "/".join(["a" * 60] * 4)
PATHS = ["a", "n" * 100, "n" * 101, f"{'d' * 155}/{'n' * 100}", LONG, "é" * 60, "n" * 255]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_comes_back_whatever_its_length_and_letters(path: str) -> None:
    (found,) = read(File(path, 0o755, b"data"))
    assert (found.name, found.mode, found.size, found.type) == (path, 0o755, 4, tarfile.REGTYPE)


@pytest.mark.parametrize("target", PATHS)
def test_a_links_target_comes_back(target: str) -> None:
    (found,) = read(Symlink("a", target))
    assert (found.linkname, found.type, found.mode) == (target, tarfile.SYMTYPE, 0o777)


def test_hard_links_and_folders_keep_their_kind() -> None:
    _, link, folder = read(File("a", 0o644, b""), Hardlink("b", "a"), Directory("tmp", 0o1777))
    assert (link.type, link.linkname) == (tarfile.LNKTYPE, "a")
    assert (folder.type, folder.name, folder.mode) == (tarfile.DIRTYPE, "tmp", 0o1777)


def test_nothing_of_the_machine_is_in_a_header() -> None:
    (found,) = read(File("a", 0o644, b""))
    assert (found.uid, found.gid, found.uname, found.gname) == (0, 0, "", "")
    assert found.mtime == MTIME > 315_532_800  # 1980, where zip and FAT begin


def test_contents_are_padded_to_whole_blocks() -> None:
    assert len(encode(File("a", 0o644, b"x" * 511))) == 1024
    assert len(encode(File("a", 0o644, b"x" * 512))) == 1024
    assert len(encode(File("a", 0o644, b"x" * 513))) == 1536
    assert len(encode(File("a", 0o644, b""))) == 512


def test_a_size_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        header("a", b"0", mode=0o644, size=8**11)


@pytest.mark.parametrize("owner", [(0, 0), (1000, 50), (8**7 - 1, 8**7), (4_000_000_000, 1)])
def test_a_folder_comes_back_with_its_owner_however_large(
    owner: tuple[int, int],
) -> None:
    (info,) = read(Directory("srv/app", 0o2775, owner))
    assert ((info.uid, info.gid), info.mode, info.name) == (owner, 0o2775, "srv/app")
