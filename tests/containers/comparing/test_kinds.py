from __future__ import annotations

import gzip
import io
import marshal
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.images import elf
from workflow_containers.comparing import kinds
from workflow_containers.comparing.differences import Attribute, Contents, Hunk
from workflow_containers.comparing.kinds import explain, first_difference


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def pyc(source: bytes, code: str, flags: int = 1, magic: int = 3571) -> bytes:
    body = marshal.dumps(compile(code, "x", "exec"))
    return struct.pack("<H2sI8s", magic, b"\r\n", flags, source.ljust(8, b"\0")) + body


def names(found: Contents) -> list[str]:
    return [part.name for part in found.parts]


def test_bytecode_differs_in_its_source_its_flags_its_interpreter_or_its_code() -> None:
    base = pyc(b"hash", "x = 1")
    assert names(explain("a.pyc", base, pyc(b"other", "x = 1"))) == ["source hash"]
    assert names(explain("a.pyc", base, pyc(b"hash", "x = 2"))) == ["code"]
    assert explain("a.pyc", base, pyc(b"hash", "x = 1", flags=3)).parts == (
        Attribute(name="flags", old="never checked", new="checked by hash"),
    )
    assert explain("a.pyc", base, pyc(b"hash", "x = 1", magic=3625)).parts == (
        Attribute(name="magic number", old="3571", new="3625"),
    )


def test_a_program_differs_in_what_it_needs() -> None:
    old, new = elf(62, needed=("libc.so.6",)), elf(62, needed=("libc.so.6", "libz.so.1"))
    found = explain("usr/bin/x", old, new)
    assert found.format == "ELF"
    assert found.parts == (Attribute(name="needed", old="libc.so.6", new="libc.so.6 libz.so.1"),)


def test_a_zip_differs_in_its_members() -> None:
    found = explain("x.whl", zipped(a=b"1", b=b"2"), zipped(a=b"1", b=b"3", c=b"4"))
    assert found.format == "zip"
    assert names(found) == ["member b", "member c"]
    assert found.parts[1].old is None


def test_a_gzip_with_the_same_inside_differs_in_its_time_alone() -> None:
    found = explain("x.gz", gzip.compress(b"a", mtime=1), gzip.compress(b"a", mtime=2))
    assert found.parts == (Attribute(name="time", old="1", new="2"),)


def test_a_gzip_that_is_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "MAX_INSIDE", 1 << 16)
    bomb = gzip.compress(bytes(8 << 20), mtime=0)
    found = explain("x.gz", bomb, gzip.compress(b"a", mtime=0))
    assert names(found) == ["inside", "time"]
    assert found.parts[0].old is None


def test_no_more_parts_than_a_person_reads() -> None:
    found = explain("x.zip", zipped(x=b""), zipped(**{f"m{n}": b"" for n in range(50)}))
    assert (len(found.parts), found.more) == (20, 31)


def test_text_is_shown_after_a_line_that_is_the_same() -> None:
    assert explain("x", b"a\nb\nc\nd", b"a\nc\nd").hunk == Hunk(
        line=2, before="a", old=("b",), new=()
    )
    assert explain("x", b"", b"new\n").hunk == Hunk(line=1, before=None, old=(), new=("new",))


def test_long_texts_are_cut_around_what_differs() -> None:
    long = "x" * 10_000
    found = explain("x.js", f"{long}OLD{long}".encode(), f"{long}NEW{long}".encode())
    assert found.hunk is not None
    (old,), (new,) = found.hunk.old, found.hunk.new
    assert "OLD" in old
    assert "NEW" in new
    assert len(old) < 200
    many = explain("x", b"", b"line\n" * 100)
    assert many.hunk is not None
    assert many.hunk.new[-1] == "… 80 more lines"


def test_bytes_that_are_neither_are_told_by_their_offset() -> None:
    assert explain("x", b"a\0b", b"a\0c") == Contents(format="bytes", offset=2)
    assert explain("x", b"\xff", b"\xfe") == Contents(format="bytes", offset=0)
    assert explain("x", b"\x7fELF", b"text") == Contents(
        format="text", offset=0, hunk=Hunk(line=1, before=None, old=("\x7fELF",), new=("text",))
    )


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_the_first_difference(common: bytes, old: bytes, new: bytes) -> None:
    at = first_difference(common + old, common + new)
    assert (common + old)[:at] == (common + new)[:at]
    assert at in {len(common + old), len(common + new)} or (
        (common + old)[at] != (common + new)[at]
    )


SAMPLES = [
    elf(62, needed=("libc.so.6",), soname="x"),
    zipped(a=b"1"),
    gzip.compress(b"abc"),
    pyc(b"", "1"),
]


@given(st.sampled_from(SAMPLES), st.integers(0, 400), st.binary(min_size=1, max_size=16))
def test_damaged_files_are_explained_as_far_as_they_can_be(
    sample: bytes, at: int, noise: bytes
) -> None:
    damaged = sample[:at] + noise + sample[at + len(noise) :]
    for path in ("x", "x.pyc"):
        assert explain(path, sample, damaged + b"!").offset >= 0
