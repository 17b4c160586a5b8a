from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from support.distributions import Maker
from workflow_sbom.archives import reading
from workflow_sbom.archives.entry import Entry
from workflow_sbom.archives.reading import read_tar, read_zip
from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def everything(_: object) -> bool:
    return True


def zipped(make: Maker, *members: tuple[zipfile.ZipInfo, bytes]) -> Path:
    path = make.raw(b"", "x.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in members:
            archive.writestr(info, data)
    return path


def special(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_a_tar_archive_is_read_packed_or_not(make: Maker) -> None:
    path = make.sdist({"a": b"x"})
    plain = make.raw(gzip.decompress(path.read_bytes()), "x.tar")
    for each in (path, plain):
        contents = read_tar(each, everything)
        assert contents.entries == (Entry(path="a", kind="file", digest=Digest.of(b"x")),)
        assert contents.files() == {"a": Digest.of(b"x")}
        assert contents.kept == {"a": b"x"}


def test_a_zip_archive_tells_all_names_before_a_file_is_read(make: Maker) -> None:
    path = zipped(make, (zipfile.ZipInfo("a"), b"x"), (zipfile.ZipInfo("b/"), b""))
    asked: list[frozenset[str]] = []

    def keep(names: frozenset[str]) -> reading.Keep:
        asked.append(names)
        return lambda _: False

    contents = read_zip(path, keep)
    assert asked == [frozenset({"a", "b/"})]
    assert [(each.path, each.kind) for each in contents.entries] == [
        ("a", "file"),
        ("b", "directory"),
    ]
    assert contents.kept == {}


def test_a_link_is_told_with_its_target(make: Maker) -> None:
    path = zipped(make, (special("link", stat.S_IFLNK), b"\xff/target"))
    (link,) = read_zip(path, lambda _: everything).entries
    assert link == Entry(path="link", kind="symlink", target=r"\xff/target")


@pytest.mark.parametrize(
    ("mode", "data", "said"),
    [
        (stat.S_IFLNK, b"x" * 5000, "is a symlink that holds 5000 bytes"),
        (stat.S_IFIFO, b"x", "is a fifo that holds 1 bytes"),
    ],
)
def test_what_is_no_file_holds_nothing(make: Maker, mode: int, data: bytes, said: str) -> None:
    path = zipped(make, (special("odd", mode), data))
    with pytest.raises(InventoryError, match=said):
        read_zip(path, lambda _: everything)


def test_a_name_that_a_terminal_would_act_on_is_shown_escaped(make: Maker) -> None:
    path = zipped(make, (zipfile.ZipInfo("\x1b[2J"), b""))
    with pytest.raises(InventoryError) as caught:
        read_zip(path, lambda _: everything)
    assert str(caught.value).isprintable()


def test_a_directory_beyond_all_measure_is_refused(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(make, *((zipfile.ZipInfo(f"{number}" * 100), b"") for number in range(9)))
    monkeypatch.setattr(reading, "MAX_ENTRIES", 2)
    with pytest.raises(InventoryError, match="a zip directory of"):
        read_zip(path, lambda _: everything)


def test_a_bomb_is_refused_before_it_is_unpacked(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_UNPACKED", 1 << 20)
    path = make.raw(b"", "x.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2 << 20))
    with pytest.raises(InventoryError, match="or 1048576 bytes"):
        read_zip(path, lambda _: everything)


def test_a_header_may_not_ask_for_much_at_once(make: Maker) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("x")
        info.pax_headers = {"comment": "x" * (2 << 20)}
        archive.addfile(info)
    with pytest.raises(InventoryError, match="a header that asks for"):
        read_tar(make.raw(gzip.compress(raw.getvalue())), everything)


def test_an_encrypted_file_is_refused(make: Maker) -> None:
    data = bytearray(zipped(make, (zipfile.ZipInfo("a"), b"x")).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    with pytest.raises(InventoryError, match="no readable archive"):
        read_zip(make.raw(bytes(data), "x.zip"), lambda _: everything)
