from __future__ import annotations

import contextlib
import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import built
from workflow_release.errors import BuildError
from workflow_release.judging.examining import contents
from workflow_release.judging.examining.tars import gunzipped, read_tar
from workflow_sbom.digest import Digest

PLAIN = built.tar([built.file("a/b", b"hello"), built.folder("c"), built.file("d", b"")])


def every(_: str) -> bool:
    return True


def test_a_tar_archive_is_read_as_it_stands() -> None:
    found = read_tar(io.BytesIO(PLAIN), every, "layer x")
    assert [(m.path, m.kind, m.mode, m.size, m.archive) for m in found.members] == [
        ("a/b", "file", 0o644, 5, "layer x"),
        ("c", "directory", 0o755, 0, "layer x"),
        ("d", "file", 0o644, 0, "layer x"),
    ]
    assert found.kept == {"a/b": b"hello", "d": b""}
    assert found.digests["a/b"] == Digest.of(b"hello")
    assert PLAIN[found.offsets["a/b"] :].startswith(b"hello")


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
    bomb.size = contents.MAX_UNPACKED + 1
    with pytest.raises(BuildError, match="more than"):
        read_tar(io.BytesIO(bomb.tobuf(tarfile.GNU_FORMAT) + bytes(1024)))


def test_more_entries_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_MEMBERS", 2)
    with pytest.raises(BuildError, match="more than 2 entries"):
        read_tar(io.BytesIO(PLAIN))


def test_a_kept_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_KEPT", 4)
    with pytest.raises(BuildError, match="'a/b' has 5 bytes; at most 4 are read"):
        read_tar(io.BytesIO(PLAIN), every)


@pytest.mark.parametrize("data", [b"", b"no gzip", gzip.compress(PLAIN)[:-9], gzip.compress(b"")])
def test_a_damaged_gzip_stream_is_refused(data: bytes) -> None:
    with (
        pytest.raises(BuildError),
        contents.readable(),
        gunzipped(io.BytesIO(data)) as inner,
    ):
        read_tar(inner)


def test_bytes_after_a_gzip_stream_are_refused() -> None:
    data = gzip.compress(PLAIN) + b"hidden"
    with pytest.raises(BuildError), gunzipped(io.BytesIO(data)) as inner:
        read_tar(inner)


@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(BuildError):
        read_tar(io.BytesIO(data))


@given(at=st.integers(0, len(PLAIN) - 1), value=st.integers(0, 255))
def test_any_changed_byte_is_read_or_refused(at: int, value: int) -> None:
    changed = PLAIN[:at] + bytes([value]) + PLAIN[at + 1 :]
    with contextlib.suppress(BuildError):
        read_tar(io.BytesIO(changed), every)
