from __future__ import annotations

import base64
import hashlib
import importlib.util
import marshal
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support import covered
from support.covered import OS, OS_PYC, PYTHON, SITE, TILL, TZDATA, UTC, Shop
from support.tampering import Change, edited, entry, planted, together, without

MANUAL = "usr/share/man/man1/python3.13.1"
PAGE = "app/ui/dist/index.html"
CACHE = "etc/ld.so.cache"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return covered.shop(tmp_path_factory.mktemp("shop"))


def owned(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.uid = 1000
    return data


def mode(bits: int) -> Callable[[tarfile.TarInfo, bytes], bytes]:
    def edit(info: tarfile.TarInfo, data: bytes) -> bytes:
        info.mode = bits
        return data

    return edit


def bytes_(new: bytes) -> Callable[[tarfile.TarInfo, bytes], bytes]:
    return lambda _, __: new


def target(new: str) -> Callable[[tarfile.TarInfo, bytes], bytes]:
    def edit(info: tarfile.TarInfo, data: bytes) -> bytes:
        info.linkname = new
        return data

    return edit


def capability(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.pax_headers = {"SCHILY.xattr.security.capability": "all"}
    return data


# What is done to the image, and all that is told of it.
ATTACKS: dict[str, tuple[Change, list[str]]] = {
    "a file": (planted(entry("etc/cron.d/x"), layer=2), ["etc/cron.d/x: nothing brings it"]),
    "a folder": (
        planted(entry("opt", kind=tarfile.DIRTYPE), layer=0),
        ["opt: nothing brings it"],
    ),
    "a terminal's escape": (
        planted(entry("usr/a\x1b[2J"), layer=0),
        ["usr/a\x1b[2J: nothing brings it"],
    ),
    "a name that is no text": (
        planted(entry("usr/\udcff"), layer=0),
        ["usr/\udcff: nothing brings it"],
    ),
    "a way out": (planted(entry("../up"), layer=0), ["../up: nothing brings it"]),
    "an absolute path": (planted(entry("/etc/x"), layer=0), ["/etc/x: nothing brings it"]),
    "a path through a link": (planted(entry("lib/x"), layer=2), ["lib/x: nothing brings it"]),
    "another spelling": (
        planted(entry("etc//passwd", b"root::0:0:::"), layer=2),
        ["etc//passwd: nothing brings it"],
    ),
    "a device": (
        planted(entry("dev/null", kind=tarfile.CHRTYPE), layer=0),
        ["dev/null: nothing brings it"],
    ),
    "a pipe": (
        planted(entry("var/pipe", kind=tarfile.FIFOTYPE), layer=0),
        ["var/pipe: nothing brings it"],
    ),
    "a hard link": (
        planted(entry("usr/sh", kind=tarfile.LNKTYPE, link="etc/passwd"), layer=2),
        ["usr/sh: nothing brings it"],
    ),
    "the root itself": (
        planted(entry("./", kind=tarfile.DIRTYPE, mode=0o777), layer=0),
        [".: nothing brings it"],
    ),
    "what is left out": (
        planted(entry(MANUAL, b"how to"), layer=0),
        [f"{MANUAL}: {PYTHON} has it, and it is to stay out of the image"],
    ),
    "a package's file": (edited(OS, bytes_(b"x = 1\n")), [f"{OS}: differs from {PYTHON}"]),
    "a wheel's file": (
        edited(TILL, bytes_(b"CENT = 2\n")),
        [f"{TILL}: differs from pkg:pypi/till@2.0"],
    ),
    "bytecode": (edited(OS_PYC, bytes_(b"")), [f"{OS_PYC}: differs from the rule bytecode"]),
    "bytecode of nothing": (
        planted(entry(OS_PYC.replace("os", "so")), layer=0),
        [f"{OS_PYC.replace('os', 'so')}: nothing brings it"],
    ),
    "a page": (
        edited(PAGE, bytes_(b"<script>")),
        [f"{PAGE}: differs from artifact:shop-ui-1.2.3.tar.gz"],
    ),
    "a file of ours": (
        edited("app/shop.yaml", bytes_(b"")),
        ["app/shop.yaml: differs from file:images/shop.yaml"],
    ),
    "users": (
        edited("etc/passwd", bytes_(b"root::0:0:::\n")),
        ["etc/passwd: differs from the rule users"],
    ),
    "the linker's cache": (
        edited(CACHE, bytes_(b"x")),
        [f"{CACHE}: differs from the rule linker-cache"],
    ),
    "setuid": (
        edited("usr/bin/python3.13", mode(0o4755)),
        [f"usr/bin/python3.13: has the mode 4755; of {PYTHON} it has 0755"],
    ),
    "a folder's mode": (
        edited("tmp", mode(0o777)),
        ["tmp: has the mode 0777; of the rule scratch-folders it has 1777"],
    ),
    "an owner": (edited(OS, owned), [f"{OS}: belongs to '1000:0'; of {PYTHON} to 0:0"]),
    "a capability": (
        edited(OS, capability),
        [f"{OS}: has attributes of its own: 'SCHILY.xattr.security.capability'"],
    ),
    "a link's target": (
        edited("usr/bin/python3", target("/tmp/python")),
        ["usr/bin/python3: leads to '/tmp/python'; of the rule interpreter-link to 'python3.13'"],
    ),
    "a link for a file": (
        together(without(OS), planted(entry(OS, kind=tarfile.SYMTYPE, link="x"), layer=0)),
        [f"{OS}: is a symlink; of {PYTHON} it is a file"],
    ),
    "a file less": (without(UTC), [f"{UTC}: missing, and {TZDATA} brings it"]),
    "bytecode less": (without(OS_PYC), [f"{OS_PYC}: missing, and the rule bytecode brings it"]),
    "a folder less": (without("app"), ["app: missing, and the rule folders brings it"]),
    "a whiteout": (
        planted(entry("usr/share/zoneinfo/.wh.UTC"), layer=2),
        [
            "usr/share/zoneinfo/.wh.UTC: takes away what other layers have",
            f"{UTC}: missing, and {TZDATA} brings it",
        ],
    ),
    "an opaque folder": (
        planted(entry("usr/share/zoneinfo/.wh..wh..opq"), layer=2),
        [
            "usr/share/zoneinfo/.wh..wh..opq: takes away what other layers have",
            f"{UTC}: missing, and {TZDATA} brings it",
        ],
    ),
    "a file over one": (
        planted(entry(UTC, b"TZif"), layer=2),
        [f"{UTC}: stands twice, and not the same"],
    ),
    "a folder over one": (
        planted(entry("usr/share", kind=tarfile.DIRTYPE, mode=0o777), layer=2),
        ["usr/share: stands twice, and not the same"],
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_caught_and_nothing_else_is_told(
    shop: Shop, name: str, tmp_path: Path
) -> None:
    change, told = ATTACKS[name]
    assert shop.faults(change, tmp_path) == told


def test_records_in_the_image_are_not_believed(shop: Shop, tmp_path: Path) -> None:
    """syft#3980: the database and RECORD are changed with the file, so that they agree."""
    evil = b"CENT = 200\n"
    digest = base64.urlsafe_b64encode(hashlib.sha256(evil).digest()).rstrip(b"=").decode()
    record = f"{SITE}/till-2.0.dist-info/RECORD"

    def rewritten(_: tarfile.TarInfo, data: bytes) -> bytes:
        old = base64.urlsafe_b64encode(hashlib.sha256(b"CENT = 1\n").digest()).rstrip(b"=")
        assert old in data
        return data.replace(old + b",9", f"{digest},{len(evil)}".encode())

    sums = "var/lib/dpkg/status.d/tzdata.md5sums"
    zone = hashlib.md5(b"evil", usedforsecurity=False).hexdigest()
    change = together(
        edited(TILL, bytes_(evil)),
        edited(record, rewritten),
        edited(UTC, bytes_(b"evil")),
        edited(sums, bytes_(f"{zone}  {UTC}\n".encode())),
    )
    assert shop.faults(change, tmp_path) == [
        f"{record}: differs from the rule wheel-record",
        f"{TILL}: differs from pkg:pypi/till@2.0",
        f"{UTC}: differs from {TZDATA}",
        f"{sums}: differs from the rule package-record",
    ]


def test_bytecode_that_only_claims_to_be_of_its_source_is_caught(
    shop: Shop, tmp_path: Path
) -> None:
    """The right magic number, flags and source hash, and other code."""

    def edit(_: tarfile.TarInfo, data: bytes) -> bytes:
        code = compile("import socket", f"/{OS}", "exec", dont_inherit=True)
        assert data[:4] == importlib.util.MAGIC_NUMBER
        return data[:16] + marshal.dumps(code, 2)

    assert shop.faults(edited(OS_PYC, edit), tmp_path) == [
        f"{OS_PYC}: differs from the rule bytecode"
    ]
