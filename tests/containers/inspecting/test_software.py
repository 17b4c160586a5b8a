from __future__ import annotations

import pytest

from workflow_containers.inspecting import software
from workflow_containers.inspecting.software import RECORDS, Package, read

SITE = "usr/local/lib/python3.13/dist-packages"
TZDATA, SHOP = Package("package", "tzdata"), Package("wheel", "shop")
RECORD = b"shop/__init__.py,sha256=x,1\nshop-1.dist-info/METADATA,,\n../../../bin/shop,,\n"
FOUND = read(
    {
        "var/lib/dpkg/status.d/tzdata": b"Package: tzdata\nVersion: 2026a-1\n",
        "var/lib/dpkg/status.d/tzdata.md5sums": b"0  usr/share/zoneinfo/UTC\n0  lib/zone.py\n",
        f"{SITE}/shop-1.dist-info/METADATA": b"Name: Shop\nVersion: 1\n\nVersion: 9\n",
        f"{SITE}/shop-1.dist-info/RECORD": RECORD,
    }
)


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("usr/share/zoneinfo/UTC", TZDATA),
        ("usr/lib/zone.py", TZDATA),
        ("usr/lib/__pycache__/zone.cpython-313.pyc", TZDATA),
        ("var/lib/dpkg/status.d/tzdata", TZDATA),
        ("var/lib/dpkg/status.d/tzdata.md5sums", TZDATA),
        ("usr/share/doc/tzdata/copyright", TZDATA),
        ("usr/share/zoneinfo", TZDATA),
        (f"{SITE}/shop/__init__.py", SHOP),
        (f"{SITE}/shop", SHOP),
        ("usr/local/bin/shop", SHOP),
        ("usr", None),
        ("etc/passwd", None),
        ("usr/share/doc/other/copyright", None),
    ],
)
def test_a_path_has_the_owner_that_a_record_names(path: str, owner: Package | None) -> None:
    assert FOUND.owner(path) == owner


def test_a_link_is_its_targets() -> None:
    assert FOUND.owner("usr/share/zoneinfo/Zulu", "UTC") == TZDATA
    assert FOUND.owner("usr/share/Zulu", "/elsewhere") is None


def test_versions_are_those_of_the_records() -> None:
    assert FOUND.versions == {TZDATA: "2026a-1", SHOP: "1"}


def test_debians_own_database_is_read_too() -> None:
    found = read(
        {
            "var/lib/dpkg/status": b"Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n",
            "var/lib/dpkg/info/a.list": b"/.\n/usr\n/usr/bin/a\n",
            "var/lib/dpkg/info/b:amd64.list": b"/usr/bin/b\n",
        }
    )
    assert found.versions == {Package("package", "a"): "1", Package("package", "b"): "2"}
    assert found.owner("usr/bin/b") == Package("package", "b")


@pytest.mark.parametrize(
    "records",
    [
        {"var/lib/dpkg/status.d/x": b"\xff\xfe no paragraph"},
        {"var/lib/dpkg/status.d/x": b"no field at all\n"},
        {"a/x.dist-info/METADATA": b"Name: only\n"},
        {"a/x.dist-info/METADATA": b"Name: x\nVersion: 1\n", "a/x.dist-info/RECORD": b'"' * 9},
        {"a/x.dist-info/METADATA": b"Name: x\nVersion: 1\n", "a/x.dist-info/RECORD": b"\0,\n,,\n"},
        {"a/x.dist-info/RECORD": b"../../../../etc/passwd,,\n"},
    ],
)
def test_a_record_that_is_none_owns_nothing_else(records: dict[str, bytes]) -> None:
    assert read(records).owner("etc/passwd") is None


def test_which_files_are_records() -> None:
    assert RECORDS.fullmatch("var/lib/dpkg/status.d/libc6")
    assert RECORDS.fullmatch("x.dist-info/RECORD")
    assert not RECORDS.fullmatch("var/lib/dpkg/info/x.postinst")
    assert not RECORDS.fullmatch("usr/var/lib/dpkg/status.d/a/b")


def test_records_that_would_fill_the_memory_are_read_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deep = "/".join(f"d{number}" for number in range(300))
    lines = "".join(f"{number}/{deep}/f,,\n" for number in range(300))
    records = {
        "s/x.dist-info/METADATA": b"Name: x\nVersion: 1\n",
        "s/x.dist-info/RECORD": lines.encode(),
    }
    monkeypatch.setattr(software, "MAX_OWNED", 100)
    monkeypatch.setattr(software, "MAX_FOLDERS", 10_000)
    found = read(records)
    assert len(found.owners) == 100
    assert sum(map(len, found.folders)) < 12_000


def test_a_folder_of_several_is_nobodys() -> None:
    found = read(
        {
            "var/lib/dpkg/status.d/a": b"Package: a\nVersion: 1\n",
            "var/lib/dpkg/status.d/a.md5sums": b"0  opt/x/1\n0  opt/x/y/2\n0  opt/a/1\n",
            "var/lib/dpkg/status.d/b": b"Package: b\nVersion: 1\n",
            "var/lib/dpkg/status.d/b.md5sums": b"0  opt/x/3\n",
        }
    )
    owners = {path: found.owner(path) for path in ("opt", "opt/x", "opt/x/y", "opt/a")}
    a = Package("package", "a")
    assert owners == {"opt": None, "opt/x": None, "opt/x/y": a, "opt/a": a}
