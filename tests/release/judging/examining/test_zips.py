from __future__ import annotations

import contextlib
import io
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_release.errors import BuildError
from workflow_release.judging.examining.zips import read_zip


def every(_: str) -> bool:
    return True


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
    with contextlib.suppress(BuildError):
        read_zip(io.BytesIO(b"PK\x03\x04" + data))


PLAIN = zipped(a=b"hello", b=b"world")


@given(at=st.integers(0, len(PLAIN) - 1), value=st.integers(0, 255))
def test_any_changed_byte_is_read_or_refused(at: int, value: int) -> None:
    with contextlib.suppress(BuildError):
        read_zip(io.BytesIO(PLAIN[:at] + bytes([value]) + PLAIN[at + 1 :]), every)
