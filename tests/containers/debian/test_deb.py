from __future__ import annotations

import io
import lzma
import tarfile

import pytest

from simulators.images import ar, control, deb, member, packed, tar
from workflow_containers.debian import deb as module
from workflow_containers.debian.deb import fields, read
from workflow_containers.errors import MemberError
from workflow_containers.layers import tarread
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink


def entries(data: bytes) -> list[Entry]:
    return list(read(data, "x.deb").entries())


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
def test_a_package_is_read_however_it_is_packed(suffix: str) -> None:
    data = deb("demo", [member("./usr/bin/demo", b"#!", mode=0o755)], suffix=suffix)
    package = read(data, "x.deb")
    assert package.fields["Package"] == "demo"
    assert package.md5sums == b"0  usr/x\n"
    assert list(package.entries()) == [File("usr/bin/demo", 0o755, b"#!")]


def test_every_kind_of_member_that_may_be_keeps_its_place() -> None:
    data = deb(
        "demo",
        [
            member("./", kind=tarfile.DIRTYPE, mode=0o755),
            member("./usr/", kind=tarfile.DIRTYPE, mode=0o2755),
            member("./usr/a", b"1", mode=0o600),
            member("./usr/b", kind=tarfile.SYMTYPE, link="a"),
            member("./usr/c", kind=tarfile.LNKTYPE, link="./usr/a"),
        ],
    )
    assert entries(data) == [
        Directory("usr"),
        File("usr/a", 0o644, b"1"),
        Symlink("usr/b", "a"),
        Hardlink("usr/c", "usr/a"),
    ]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (member("/etc/passwd"), "absolute"),
        (member("./../etc/passwd"), "plain form"),
        (member("./usr/../../x"), "plain form"),
        (member("./a", kind=tarfile.SYMTYPE, link="../../etc"), "links out of the root"),
        (member("./a", kind=tarfile.LNKTYPE, link="../etc/shadow"), "plain form"),
        (member("./a", kind=tarfile.LNKTYPE, link="/etc/shadow"), "absolute"),
        (member("./dev/null", kind=tarfile.CHRTYPE), "device"),
        (member("./dev/sda", kind=tarfile.BLKTYPE), "device"),
        (member("./run/pipe", kind=tarfile.FIFOTYPE), "device"),
        (member("./usr/bin/su", mode=0o4755), "setuid"),
        (member("./usr/bin/at", mode=0o2755), "setuid or setgid"),
        (member("./usr/.wh.lib"), "whiteout"),
        (member("./usr/a\x1b[2J"), "control characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_may_not_be_in_an_image_is_refused(
    bad: tuple[tarfile.TarInfo, bytes], message: str
) -> None:
    with pytest.raises(MemberError, match=message):
        entries(deb("demo", [bad]))


def test_a_package_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONTENTS", 1 << 20)
    bomb = deb("demo", [member("./zeros", bytes(4 << 20))])
    assert len(bomb) < 10_000
    with pytest.raises(MemberError, match="unpacks to more than is allowed"):
        entries(bomb)


def test_a_large_member_is_refused_by_its_header_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarread, "MAX_MEMBER", 1000)
    with pytest.raises(MemberError, match="holds 1001 bytes"):
        entries(deb("demo", [member("./a", bytes(1001))]))


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarread, "MAX_MEMBERS", 3)
    with pytest.raises(MemberError, match="more than 3 members"):
        entries(deb("demo", [member(f"./{name}") for name in "abcd"]))


def test_a_control_file_that_is_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONTROL", 100_000)
    stanza = control("demo") + b"X-Padding: " + b"x" * 200_000 + b"\n"
    data = ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar.xz": packed(".xz", tar([member("./control", stanza)])),
            "data.tar.xz": packed(".xz", tar([])),
        }
    )
    with pytest.raises(MemberError, match="unpacks to more than is allowed"):
        read(data, "x.deb")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_announces_gigabytes_is_not_read(kind: bytes) -> None:
    info = tarfile.TarInfo("./x")
    info.type, info.size = kind, 4 << 30
    data = ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar": tar([member("./control", control("demo"))]),
            "data.tar": info.tobuf(tarfile.USTAR_FORMAT) + bytes(10_000),
        }
    )
    with pytest.raises(MemberError, match="an extended header of 4294967296 bytes"):
        entries(data)


def test_a_negative_size_is_refused() -> None:
    header = bytearray(tarfile.TarInfo("./x").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 12
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    data = ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar": tar([member("./control", control("demo"))]),
            "data.tar": bytes(header) + bytes(10_000),
        }
    )
    with pytest.raises(MemberError):
        entries(data)


def sparse() -> bytes:
    """A GNU sparse member, whose size in the archive is not the size it has."""
    info = tarfile.TarInfo("./sparse")
    info.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[386:398], block[398:410] = b"00000000000\0", b"00000000001\0"
    block[483:495] = b"00010000000\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + bytes(1024)


def test_a_sparse_member_is_refused() -> None:
    data = ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar": tar([member("./control", control("demo"))]),
            "data.tar": sparse(),
        }
    )
    with pytest.raises(MemberError):
        entries(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "no Debian package"),
        (b"!<arch>\n" + b"x" * 60, "damaged at byte 8"),
        (b"!<arch>\n" + b"short", "damaged at byte 8"),
        (deb("demo")[:-40], "cut short"),
        (ar({"debian-binary": b"2.0\n"}), "0 parts called control.tar"),
        (ar({"control.tar": tar([]), "data.tar": b""}), "no control file"),
        (ar({"control.tar.zst": b"", "data.tar": b""}), "packed as '.zst'"),
        (ar({"control.tar.xz": b"no xz", "data.tar": b""}), "damaged"),
        (ar({"control.tar": tar([]), "data.tar": b"", "data.tar.xz": b""}), "2 parts called data"),
    ],
)
def test_what_is_no_package_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(MemberError, match=message) as caught:
        read(data, "x.deb")
    assert str(caught.value).startswith("x.deb: ")


def test_contents_that_are_cut_short_are_refused() -> None:
    contents = lzma.compress(tar([member("./a", bytes(100_000))]))
    data = ar(
        {
            "debian-binary": b"2.0\n",
            "control.tar": tar([member("./control", control("demo"))]),
            "data.tar.xz": contents[: len(contents) // 2],
        }
    )
    with pytest.raises(MemberError, match="damaged"):
        entries(data)


def test_fields_of_a_stanza_are_those_on_one_line() -> None:
    found = fields(control("demo", more="Depends: libc6 (>= 2), a | b\n"))
    assert found["Depends"] == "libc6 (>= 2), a | b"
    assert found["Description"] == "a package"


def test_the_oracle_reads_our_own_test_packages() -> None:
    """The factory makes what `ar` and `tar` would: a test of the tests."""
    with tarfile.open(fileobj=io.BytesIO(tar([member("a", b"1")]))) as archive:
        assert archive.getnames() == ["a"]
