from __future__ import annotations

import contextlib
import gzip
import io
import struct
import tarfile
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import built
from workflow_release.errors import BuildError
from workflow_release.examining import archives
from workflow_release.examining.archives import read_tar, read_zip
from workflow_sbom.digest import Digest

PLAIN = built.tar([built.file("a/b", b"hello"), built.folder("c"), built.file("d", b"")])


def every(_: str) -> bool:
    return True


def test_a_tar_archive_is_read_as_it_stands() -> None:
    contents = read_tar(io.BytesIO(PLAIN), every, "layer x")
    assert [(m.path, m.kind, m.mode, m.size, m.archive) for m in contents.members] == [
        ("a/b", "file", 0o644, 5, "layer x"),
        ("c", "directory", 0o755, 0, "layer x"),
        ("d", "file", 0o644, 0, "layer x"),
    ]
    assert contents.kept == {"a/b": b"hello", "d": b""}
    assert contents.digests["a/b"] == Digest.of(b"hello")
    assert PLAIN[contents.offsets["a/b"] :].startswith(b"hello")


def test_links_and_special_files_are_read_with_their_targets() -> None:
    data = built.tar(
        [
            built.entry("l", tarfile.SYMTYPE, "../x"),
            built.entry("h", tarfile.LNKTYPE, "a"),
            built.entry("f", tarfile.FIFOTYPE),
            built.entry("c", tarfile.CHRTYPE),
            built.entry("u", b"9"),
        ]
    )
    members = read_tar(io.BytesIO(data)).members
    assert [(m.path, m.kind, m.link) for m in members] == [
        ("l", "symlink", "../x"),
        ("h", "hardlink", "a"),
        ("f", "fifo", None),
        ("c", "device", None),
        ("u", "other", None),
    ]


def corrupted_second_header() -> bytes:
    at = 1024  # after the first header and its one block of contents
    return PLAIN[: at + 10] + b"\xff" + PLAIN[at + 11 :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no readable archive"),
        (b"x" * 2000, "no readable archive"),
        (PLAIN[:600], "no readable archive|cut short"),
        (PLAIN[:1024], "cut short"),
        (PLAIN[:1300], "cut short"),
        (corrupted_second_header(), "an unreadable header, or bytes after the end"),
        (PLAIN + b"x", "an unreadable header, or bytes after the end"),
        (PLAIN + PLAIN, "an unreadable header, or bytes after the end"),
    ],
)
def test_what_tar_readers_read_differently_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        read_tar(io.BytesIO(data))


def test_a_header_may_not_ask_for_much_memory() -> None:
    bomb = tarfile.TarInfo("x")
    bomb.type, bomb.size = tarfile.XHDTYPE, 1 << 30
    with pytest.raises(BuildError, match="a header that asks for 1073741824 bytes at once"):
        read_tar(io.BytesIO(bomb.tobuf() + bytes(1 << 16)))


def test_a_long_name_may_not_ask_for_much_memory_either() -> None:
    bomb = tarfile.TarInfo("x")
    bomb.type, bomb.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    with pytest.raises(BuildError, match="a header that asks for"):
        read_tar(io.BytesIO(bomb.tobuf() + bytes(1 << 16)))


def test_more_bytes_than_allowed_are_refused_by_the_header_alone() -> None:
    bomb = tarfile.TarInfo("x")
    bomb.size = archives.MAX_UNPACKED + 1
    with pytest.raises(BuildError, match="more than"):
        read_tar(io.BytesIO(bomb.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))


def test_more_entries_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    with pytest.raises(BuildError, match="more than 2 entries"):
        read_tar(io.BytesIO(PLAIN))


def test_a_kept_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_KEPT", 4)
    with pytest.raises(BuildError, match="'a/b' has 5 bytes; at most 4 are read"):
        read_tar(io.BytesIO(PLAIN), every)


@pytest.mark.parametrize("data", [b"", b"no gzip", gzip.compress(PLAIN)[:-9], gzip.compress(b"")])
def test_a_damaged_gzip_stream_is_refused(data: bytes) -> None:
    with (
        pytest.raises(BuildError),
        archives.readable(),
        archives.gunzipped(io.BytesIO(data)) as inner,
    ):
        read_tar(inner)


def test_bytes_after_a_gzip_stream_are_refused() -> None:
    data = gzip.compress(PLAIN) + b"hidden"
    with pytest.raises(BuildError), archives.gunzipped(io.BytesIO(data)) as inner:
        read_tar(inner)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_zip_archive_is_read_as_it_stands() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"hello")
        archive.mkdir("d")
        link = zipfile.ZipInfo("l")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, b"../x")
    contents = read_zip(io.BytesIO(out.getvalue()), every)
    assert [(m.path, m.kind, m.link) for m in contents.members] == [
        ("a", "file", None),
        ("d", "directory", None),
        ("l", "symlink", "../x"),
    ]
    assert contents.kept == {"a": b"hello"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"#!/bin/sh\n" + zipped(a=b"x"),
        zipped(a=b"x") + b"more",
        zipped(a=b"x") + zipped(b=b"y"),
        zipped(a=b"hello").replace(b"hello", b"hallo"),
        zipped(aa=b"x").replace(b"aa", b"bb", 1),
        zipped(a=b"x")[:-30],
    ],
)
def test_what_zip_readers_read_differently_is_refused(data: bytes) -> None:
    with pytest.raises(BuildError):
        read_zip(io.BytesIO(data))


def test_an_entry_that_the_directory_does_not_list_is_refused() -> None:
    hidden, shown = zipped(hidden=b"x"), zipped(shown=b"y")
    local = hidden[: hidden.index(b"PK\x01\x02")]
    directory = shown.index(b"PK\x01\x02")
    data = bytearray(local + shown)
    # The directory's offset of its one entry, and the end's offset of the directory.
    struct.pack_into("<I", data, len(local) + directory + 42, len(local))
    struct.pack_into("<I", data, len(data) - 6, len(local) + directory)
    assert zipfile.ZipFile(io.BytesIO(bytes(data))).namelist() == ["shown"]
    with pytest.raises(BuildError, match="bytes between the zip archive's entries"):
        read_zip(io.BytesIO(bytes(data)))


def test_sizes_after_the_contents_are_no_gap() -> None:
    class Pipe(io.RawIOBase):
        """A stream that can't go back, so that sizes follow the contents."""

        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"hello")
        archive.writestr("b", b"world")
    assert [m.path for m in read_zip(io.BytesIO(pipe.data)).members] == ["a", "b"]


def test_a_zip_with_a_comment_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"x")
        archive.comment = b"hidden"
    with pytest.raises(BuildError, match="a comment"):
        read_zip(io.BytesIO(out.getvalue()))


@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_tar, read_zip):
        with contextlib.suppress(BuildError):
            read(io.BytesIO(data))


@given(at=st.integers(0, len(PLAIN) - 1), value=st.integers(0, 255))
def test_any_changed_byte_is_read_or_refused(at: int, value: int) -> None:
    changed = PLAIN[:at] + bytes([value]) + PLAIN[at + 1 :]
    with contextlib.suppress(BuildError):
        read_tar(io.BytesIO(changed), every)
