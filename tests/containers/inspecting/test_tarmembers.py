from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest

from simulators.archives import Entry, layer
from workflow_containers.errors import MemberError
from workflow_containers.inspecting import tarmembers
from workflow_containers.inspecting.tarmembers import Head, Member, TarMembers
from workflow_containers.layers.tarread import Bounded


def read(raw: bytes, limit: int = 1 << 30) -> list[Member[bytes]]:
    def visit(_: Head, pieces: Iterator[bytes]) -> bytes:
        return b"".join(pieces)

    return [*TarMembers(Bounded(io.BytesIO(raw), limit, "x"), "x").members(visit)]


def only(entry: Entry) -> Head:
    (member,) = read(layer([entry]))
    return member.head


def test_every_field_is_there_as_it_was_written() -> None:
    entry = Entry(
        path="usr/x",
        data=b"data",
        mode=0o6755,
        owner=(1000, 2000),
        names=("ann", "staff"),
        time=12,
        pax={"SCHILY.xattr.user.a": "1"},
    )
    (member,) = read(layer([entry]))
    assert member.found == b"data"
    assert member.head == Head(
        path="usr/x",
        kind="file",
        mode=0o6755,
        owner="1000:2000 (ann:staff)",
        time="12",
        target="",
        size=4,
        device="",
        form="pax",
        extensions=(("SCHILY.xattr.user.a", "1"),),
    )


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.DIRTYPE, "folder"),
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.FIFOTYPE, "pipe"),
        (tarfile.BLKTYPE, "block device"),
        (b"Z", "member of type b'Z'"),
    ],
)
def test_every_kind_is_named(kind: bytes, said: str) -> None:
    assert only(Entry(path="x", kind=kind, target="t")).kind == said


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_other_writers_archives_are_read(form: int) -> None:
    out = io.BytesIO()
    name = f"{'long/' * 25}x" if form != tarfile.USTAR_FORMAT else f"{'a' * 90}/{'b' * 90}"
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = (
            tarfile.SYMTYPE,
            "t" * (90 if form != tarfile.GNU_FORMAT else 200),
        )
        archive.addfile(link)
    first, second = read(out.getvalue())
    assert (first.head.path, first.found) == (name, b"abc")
    assert second.head.target == link.linkname


def test_a_shared_pax_header_holds_for_all_that_follow() -> None:
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "all"}
    ) as archive:
        for name in "ab":
            archive.addfile(tarfile.TarInfo(name))
    assert [each.head.extensions for each in read(out.getvalue())] == [(("comment", "all"),)] * 2


def test_a_name_that_is_no_text_is_kept() -> None:
    info = tarfile.TarInfo("x")
    raw = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    raw[0] = 0xFF
    raw[148:156] = b"%06o\0 " % (sum(raw[:148]) + 8 * 32 + sum(raw[156:]))
    (member,) = read(bytes(raw) + bytes(1024))
    assert member.head.path.encode("utf-8", "surrogateescape") == b"\xff"


def test_a_tree_that_is_deep_is_only_a_long_path() -> None:
    path = "/".join(["d"] * 1500)
    assert only(Entry(path=path)).path == path


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (layer([Entry(path="d/" * 3000 + "x")]), "longer than is allowed"),
        (layer([Entry(path="x", data=b"1" * 100)])[:550], "cut short"),
        (layer([Entry(path="x")])[:100], "cut short"),
        (b"\x01" * 512, "damaged"),
        (Entry(path="x", pax={"size": "-1"}).encoded() + bytes(1024), "a member of '-1' bytes"),
        (Entry(path="x", pax={"size": "9" * 30}).encoded() + bytes(1024), "a member of"),
    ],
)
def test_what_is_no_archive_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(MemberError, match=message):
        read(raw)


@pytest.mark.parametrize("records", [b"9 no=", b"x a=b\n", b"99 a=b\n", b"0 a=b\n", b"5 ab\n"])
def test_a_pax_header_that_lies_is_refused(records: bytes) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    raw = info.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)
    with pytest.raises(MemberError, match="pax header"):
        read(raw + layer([Entry(path="x")]))


def test_a_header_that_announces_gigabytes_is_not_read() -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30
    with pytest.raises(MemberError, match="an extended header of 4294967296 bytes"):
        read(info.tobuf(tarfile.USTAR_FORMAT) + bytes(2048))


def test_endless_records_members_and_texts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"k{number}": "v" for number in range(1001)}
    with pytest.raises(MemberError, match="endless pax header"):
        read(layer([Entry(path="x", pax=many)]))
    monkeypatch.setattr(tarmembers, "MAX_MEMBERS", 3)
    with pytest.raises(MemberError, match="more than 3 members"):
        read(layer([Entry(path=str(number)) for number in range(4)]))
    monkeypatch.setattr(tarmembers, "MAX_TEXT", 100)
    with pytest.raises(MemberError, match="longer than is allowed"):
        read(layer([Entry(path="x" * 80), Entry(path="y" * 80)]))


def test_no_more_is_read_than_is_allowed() -> None:
    with pytest.raises(MemberError, match="more than is allowed"):
        read(layer([Entry(path="zeros", data=bytes(1 << 20))]), limit=1 << 16)
