"""Archives in one normal form, and archives that must not be read at all; wheels apart."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from support import built
from workflow_release.building import archive
from workflow_release.building.archive import (
    Item,
    items_of,
    normalise_sdist,
    write_tar_gz,
)
from workflow_release.errors import BuildError
from workflow_sbom.digest import Digest, measure_file

EPOCH = 1_700_000_000  # 2023-11-14 22:13:20


def text(path: str, content: bytes, *, executable: bool = False) -> Item:
    return Item(
        path=path, size=len(content), executable=executable, open=lambda: io.BytesIO(content)
    )


def sdist(tmp_path: Path, entries: Iterable[built.Entry]) -> Path:
    path = tmp_path / "thing-1.2.3.tar.gz"
    path.write_bytes(built.tar_gz(entries))
    return path


def test_a_tar_has_one_form(tmp_path: Path) -> None:
    items = [
        text("t/b.sh", b"#!", executable=True),
        Item(path="t/link", link="b.sh"),
        text("t/a", b"a"),
        Item(path="t"),
    ]
    write_tar_gz(items, tmp_path / "out.tar.gz", EPOCH)
    data = (tmp_path / "out.tar.gz").read_bytes()
    assert data[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = [(m.name, m.type, m.mode, m.mtime, m.uid, m.gid, m.uname, m.gname) for m in tar]
    fixed = (EPOCH, 0, 0, "", "")
    assert members == [
        ("t", tarfile.DIRTYPE, 0o755, *fixed),
        ("t/a", tarfile.REGTYPE, 0o644, *fixed),
        ("t/b.sh", tarfile.REGTYPE, 0o755, *fixed),
        ("t/link", tarfile.SYMTYPE, 0o777, *fixed),
    ]


def test_the_bytes_are_known(tmp_path: Path) -> None:
    """The same on every machine; when a pinned compressor changes, this is where it is seen."""
    body = "".join(f"line {number}\n" for number in range(20_000)).encode()
    write_tar_gz([text("t/ä", body), text("t/b", b"")], tmp_path / "out.tar.gz", EPOCH)
    assert measure_file(tmp_path / "out.tar.gz").digest.hex == TAR


TAR = "31365ffe8137d9b46335e0b1ce2e1750db46fd4db81416baddbe5ea388660151"


def test_a_folder_is_archived_whatever_the_disk_says_of_it(tmp_path: Path) -> None:
    for name, mode, when in (("one", 0o600, 1), ("two", 0o664, 2)):
        folder = tmp_path / name
        (folder / "sub").mkdir(parents=True)
        for file in ("sub/z", "sub/a", "b") if mode == 0o600 else ("b", "sub/a", "sub/z"):
            (folder / file).write_text(file)
            (folder / file).chmod(mode)
            os.utime(folder / file, (when, when))
        (folder / "sub" / "a").chmod(0o700)
        write_tar_gz(items_of(folder, "dist"), tmp_path / f"{name}.tar.gz", EPOCH)
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        assert tar.getnames() == ["dist", "dist/b", "dist/sub", "dist/sub/a", "dist/sub/z"]
        assert tar.getmember("dist/sub/a").mode == 0o755
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


@pytest.mark.parametrize("make", [lambda p: p.symlink_to("/etc"), os.mkfifo])
def test_a_folder_with_more_than_files_is_refused(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    (tmp_path / "dist").mkdir()
    make(tmp_path / "dist" / "odd")
    with pytest.raises(BuildError, match="dist/odd: neither a file nor a folder"):
        list(items_of(tmp_path / "dist", "dist"))


def test_an_sdist_keeps_its_contents_and_loses_everything_else(tmp_path: Path) -> None:
    source = sdist(
        tmp_path,
        [
            built.file("thing-1.2.3/run", b"#!/bin/sh\n", 0o4775),
            built.file("thing-1.2.3/PKG-INFO", b"Name: thing\n", 0o600),
            built.folder("thing-1.2.3/docs", 0o2777),
            built.entry("thing-1.2.3/docs/latest", tarfile.SYMTYPE, "../PKG-INFO"),
        ],
    )
    normalise_sdist(source, tmp_path / "out.tar.gz", EPOCH)
    with tarfile.open(tmp_path / "out.tar.gz") as tar:
        assert [(m.name, oct(m.mode), m.linkname, m.mtime) for m in tar] == [
            ("thing-1.2.3/PKG-INFO", "0o644", "", EPOCH),
            ("thing-1.2.3/docs", "0o755", "", EPOCH),
            ("thing-1.2.3/docs/latest", "0o777", "../PKG-INFO", EPOCH),
            ("thing-1.2.3/run", "0o755", "", EPOCH),
        ]
        found = tar.extractfile("thing-1.2.3/run")
        assert found is not None
        assert found.read() == b"#!/bin/sh\n"


ROOT = "thing-1.2.3"
BAD_SDISTS: dict[str, tuple[list[built.Entry], str]] = {
    "absolute": ([built.file("/etc/passwd")], "no path inside"),
    "upwards": ([built.file(f"{ROOT}/../../x")], "no path inside"),
    "backslash": ([built.file(f"{ROOT}/..\\x")], "no path inside"),
    "drive in disguise": ([built.file("C:\\x")], "no path inside"),
    "escape sequence": ([built.file(f"{ROOT}/\x1b[2J")], r"'thing-1.2.3/\\x1b\[2J' is no path"),
    "bidirectional": ([built.file(f"{ROOT}/a\u202ey")], "no path inside"),
    "dot": ([built.file(f"{ROOT}/./x")], "no path inside"),
    "empty part": ([built.file(f"{ROOT}//x")], "no path inside"),
    "twice": ([built.file(f"{ROOT}/x"), built.file(f"{ROOT}/x")], "stands twice"),
    "file and folder": (
        [built.file(f"{ROOT}/x"), built.file(f"{ROOT}/x/y")],
        "'thing-1.2.3/x' is a file and a folder",
    ),
    "through a link": (
        [built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "."), built.file(f"{ROOT}/x/y")],
        "is a file and a folder",
    ),
    "link to a root": ([built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "/etc")], "outside"),
    "link upwards": ([built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "../../x")], "outside"),
    "link to the top": ([built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "..")], "outside"),
    "link down and up": ([built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "a/../../../b")], "outside"),
    "link through links": (
        [
            built.entry(f"{ROOT}/s/up", tarfile.SYMTYPE, ".."),
            built.entry(f"{ROOT}/s/over", tarfile.SYMTYPE, "../s/up/.."),
            built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "s/over/../etc/passwd"),
        ],
        "'thing-1.2.3/x' links to 's/over/../etc/passwd', outside the archive",
    ),
    "link for Windows": ([built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "..\\..\\x")], "outside"),
    "link that prints": (
        [built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "\x1b[2J")],
        r"links to '\\x1b\[2J', outside",
    ),
    "link to nothing": ([built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "")], "outside"),
    "link in a circle": ([built.entry(f"{ROOT}/x", tarfile.SYMTYPE, "x")], "outside"),
    "link for a top": (
        [built.file("other/x"), built.entry(ROOT, tarfile.SYMTYPE, "other")],
        "outside",
    ),
    "hard link": ([built.entry(f"{ROOT}/x", tarfile.LNKTYPE, "/etc/passwd")], "no file, folder"),
    "device": ([built.entry(f"{ROOT}/x", tarfile.CHRTYPE)], "no file, folder"),
    "fifo": ([built.entry(f"{ROOT}/x", tarfile.FIFOTYPE)], "no file, folder"),
}


@pytest.mark.parametrize("attack", BAD_SDISTS)
def test_an_sdist_that_could_escape_or_hide_is_refused(tmp_path: Path, attack: str) -> None:
    entries, said = BAD_SDISTS[attack]
    with pytest.raises(BuildError, match=said) as refused:
        normalise_sdist(sdist(tmp_path, entries), tmp_path / "out", EPOCH)
    assert refused.value.remedy
    assert refused.value.message.replace("\n", "").isprintable()
    assert not (tmp_path / "out").exists()


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as refused:
        normalise_sdist(
            sdist(tmp_path, [built.file("/a"), built.entry("b", tarfile.FIFOTYPE)]),
            tmp_path / "out",
            EPOCH,
        )
    assert len(refused.value.message.splitlines()) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        gzip.compress(b"no archive, and long enough to be looked at" * 40),
        built.tar_gz([built.file("a/b", b"x" * 5000)])[:-20],
        built.tar_gz([built.file("a/b", os.urandom(50_000))])[:20_000],
        gzip.compress(built.tar([built.file("a/b", b"x" * 5000)])[:3000]),
        built.tar([built.file("a/b")]),
    ],
)
def test_what_is_no_sdist_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "thing-1.2.3.tar.gz"
    path.write_bytes(data)
    with pytest.raises(BuildError, match="no readable tar archive"):
        normalise_sdist(path, tmp_path / "out", EPOCH)


def test_an_sdist_of_too_many_bytes_is_refused_before_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 1 << 20)
    path = tmp_path / "thing-1.2.3.tar.gz"
    path.write_bytes(gzip.compress(bytes(8 << 20)))
    with pytest.raises(BuildError, match="unpacks to more than 1048576 bytes"):
        normalise_sdist(path, tmp_path / "out", EPOCH)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path, kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 64 << 20
    path = tmp_path / "thing-1.2.3.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf() + bytes(64 << 20), 1))
    tracemalloc.start()
    with pytest.raises(BuildError, match="a header that asks for 67108864 bytes at once"):
        normalise_sdist(path, tmp_path / "out", EPOCH)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


def test_members_are_not_read_beyond_their_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tenth is damaged, and nobody comes that far."""
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    headers = b"".join(tarfile.TarInfo(f"t/{number}").tobuf() for number in range(10))
    path = tmp_path / "thing-1.2.3.tar.gz"
    path.write_bytes(gzip.compress(headers[:-512] + b"x" * 512))
    with pytest.raises(BuildError, match="more than 3 members"):
        normalise_sdist(path, tmp_path / "out", EPOCH)


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    entries = [built.file(f"t/{number}") for number in range(4)]
    with pytest.raises(BuildError, match="more than 3 members"):
        normalise_sdist(sdist(tmp_path, entries), tmp_path / "out", EPOCH)


def test_memory_does_not_grow_with_size(tmp_path: Path) -> None:
    class Zeros(io.BytesIO):
        left = 40 << 20

        def read(self, size: int | None = -1) -> bytes:
            given = bytes(min(size or 0, self.left))
            self.left -= len(given)
            return given

    item = Item(path="t/zeros", size=40 << 20, open=Zeros)
    tracemalloc.start()
    write_tar_gz([item], tmp_path / "thing-1.tar.gz", EPOCH)
    normalise_sdist(tmp_path / "thing-1.tar.gz", tmp_path / "out.tar.gz", EPOCH)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
    assert Digest.of((tmp_path / "out.tar.gz").read_bytes()) == Digest.of(
        (tmp_path / "thing-1.tar.gz").read_bytes()
    )
