from __future__ import annotations

import json
import os
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support import osv
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError
from workflow_sbom.policy.advisories import opening
from workflow_sbom.policy.advisories.lookup import Lookup
from workflow_sbom.policy.advisories.record import MAX_BYTES
from workflow_sbom.policy.advisories.snapshot import MAX_TOLD, Snapshot

Layout = Callable[..., Path]
X = Lookup("PyPI", "x-y", "1.0")
GOOD = osv.encoded("GHSA-1", osv.affected("x-y", ("introduced", "0")))


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as stream:
        for name, data in members.items():
            stream.writestr(name.replace("__", "/") + ".json", data)
    return path


def folder(path: Path, **members: bytes) -> Path:
    for name, data in members.items():
        file = path / (name.replace("__", "/") + ".json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return path


def names(snapshot: Snapshot, asked: Lookup = X) -> list[str]:
    return [advisory.names[0] for advisory, _ in snapshot.about(asked)]


def reasons(snapshot: Snapshot) -> dict[str, str]:
    return {each.where.document: each.reason for each in snapshot.unread}


@pytest.mark.parametrize("lay", [archive, folder])
def test_records_lie_at_the_top_or_below_ecosystems(tmp_path: Path, lay: Layout) -> None:
    members = {
        "GHSA-1": GOOD,
        "PyPI__PYSEC-1": osv.encoded("PYSEC-1", osv.affected("x-y", ("introduced", "0"))),
        "npm__GHSA-2": osv.encoded("GHSA-2", osv.affected("z", ecosystem="npm")),
    }
    snapshot = opening.read(lay(tmp_path / "all.zip", **members), [X])
    assert names(snapshot) == ["GHSA-1", "PYSEC-1"]
    assert snapshot.ecosystems == {"PyPI", "npm"}
    assert snapshot.unread == ()
    assert snapshot.used.name == "all.zip"
    assert snapshot.used.records == 3
    assert snapshot.used.as_of == datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", a=GOOD)
    assert opening.read(path, []).used.digest == Digest.of(path.read_bytes())
    one, two = folder(tmp_path / "one", a=GOOD, b=GOOD), folder(tmp_path / "two", b=GOOD, a=GOOD)
    assert opening.read(one, []).used.digest == opening.read(two, []).used.digest
    (two / "b.json").write_bytes(GOOD + b" ")
    assert opening.read(one, []).used.digest != opening.read(two, []).used.digest


@pytest.mark.parametrize("lay", [archive, folder])
def test_bad_records_are_told_by_name(tmp_path: Path, lay: Layout) -> None:
    members = {
        "cut": GOOD[:-3],
        "deep": b"[" * 100_000,
        "empty": b"",
        "good": GOOD,
        "large": b" " * (MAX_BYTES + 2),
        "latin": b'{"modified": "\xe9"}',
        "list": b"[]",
        "month": osv.encoded("A-1", modified="2026-13-01T00:00:00Z"),
        "number": b'{"modified": ' + b"1" * 10_000 + b"}",
        "old": osv.encoded("A-2", modified=7),
        "sixteen": GOOD.decode().encode("utf-16"),
        "thirty-two": GOOD.decode().encode("utf-32-le"),
        "twice": b'{"affected": [{"package": {"name": "x-y"}}], "affected": [], '
        b'"modified": "2026-01-01T00:00:00Z"}',
    }
    snapshot = opening.read(lay(tmp_path / "all", **members), [X])
    assert sorted(reasons(snapshot)) == sorted(f"{name}.json" for name in members if name != "good")
    assert names(snapshot) == ["GHSA-1"]
    assert "8388608" in reasons(snapshot)["large.json"]
    assert "twice" in reasons(snapshot)["twice.json"]


@pytest.mark.parametrize(
    "text",
    [
        '"name": "X_Y"',
        '"name":"x.y"',
        '"name" \n:\t"x-y"',
        '"name": "\\u0078-y"',
        '"n\\u0061me": "x-y"',
    ],
)
def test_a_name_is_found_however_it_is_spelt(tmp_path: Path, text: str) -> None:
    data = GOOD.replace(b'"name": "x-y"', text.encode())
    assert data != GOOD
    assert names(opening.read(archive(tmp_path / "a.zip", a=data), [X])) == ["GHSA-1"]


def test_names_of_another_ecosystem_are_other_packages(tmp_path: Path) -> None:
    npm = osv.encoded("GHSA-9", osv.affected("x-y", ("introduced", "0"), ecosystem="npm"))
    snapshot = opening.read(archive(tmp_path / "a.zip", a=npm), [X, Lookup("npm", "X-Y", "1.0.0")])
    assert names(snapshot) == []
    assert names(snapshot, Lookup("npm", "X-Y", "1.0.0")) == []


def test_withdrawn_records_say_nothing(tmp_path: Path) -> None:
    gone = osv.encoded("GHSA-1", osv.affected("x-y"), withdrawn="2026-01-01T00:00:00Z")
    assert names(opening.read(archive(tmp_path / "a.zip", a=gone), [X])) == []


@pytest.mark.parametrize(
    ("stated", "hit", "known"),
    [("Debian", True, True), ("Debian:13", True, True), ("Debian:12", False, False)],
)
def test_debian_s_releases_are_told_apart(
    tmp_path: Path, stated: str, hit: bool, known: bool
) -> None:
    glibc = Lookup("Debian:13", "glibc", "2.41-12")
    data = osv.encoded("DSA-1", osv.affected("glibc", ("introduced", "0"), ecosystem=stated))
    snapshot = opening.read(archive(tmp_path / "a.zip", a=data), [glibc])
    assert bool(names(snapshot, glibc)) is hit
    assert snapshot.knows("Debian:13") is known


def test_names_of_members_are_names_only(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as stream:
        stream.writestr("../../../etc/evil.json", b"{")
        stream.writestr("/abs\x1b[31m.json", b"{")
        stream.writestr("README.md", b"no record")
        stream.writestr("folder.json/", b"")
    snapshot = opening.read(path, [X])
    assert list(reasons(snapshot)) == ["../../../etc/evil.json", "/abs\x1b[31m.json"]
    assert "\x1b" not in str(snapshot.unread[1].where)
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


def test_a_folder_s_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    base = folder(tmp_path / "db", a=GOOD)
    outside = folder(tmp_path / "outside", b=GOOD)
    (base / "link.json").symlink_to(outside / "b.json")
    (base / "loop").symlink_to(base, target_is_directory=True)
    os.mkfifo(base / "pipe.json")
    snapshot = opening.read(base, [X])
    assert snapshot.used.records == 1
    assert sorted(reasons(snapshot)) == ["link.json", "pipe.json"]


def test_a_folder_may_hold_a_zip_file_an_ecosystem(tmp_path: Path) -> None:
    base = folder(tmp_path / "db", top=GOOD)
    (base / "PyPI").mkdir()
    inner = osv.encoded("PYSEC-1", osv.affected("x-y", ("introduced", "0")))
    archive(base / "PyPI" / "all.zip", a=inner, bad=b"{")
    (base / "none.zip").write_bytes(b"no zip file")
    snapshot = opening.read(base, [X])
    assert names(snapshot) == ["GHSA-1", "PYSEC-1"]
    assert sorted(reasons(snapshot)) == ["bad.json", "none.zip"]
    before = snapshot.used.digest
    archive(base / "PyPI" / "all.zip", a=inner)
    assert opening.read(base, [X]).used.digest != before


def test_folders_are_bounded_in_depth(tmp_path: Path) -> None:
    base = folder(tmp_path / "db", **{"__".join("abcdefghijk"): GOOD})
    with pytest.raises(DocumentError, match="nested deeper"):
        opening.read(base, [X])


def test_a_bomb_is_read_no_further_than_a_record_may_be_long(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", a=b" " * (200 << 20), b=GOOD)
    tracemalloc.start()
    started = time.process_time()
    snapshot = opening.read(path, [X])
    assert time.process_time() - started < 2
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()
    assert list(reasons(snapshot)) == ["a.json"]
    assert names(snapshot) == ["GHSA-1"]


def test_a_member_that_lies_about_its_bytes_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", a=GOOD, b=GOOD)
    data = bytearray(path.read_bytes())
    data[40] ^= 0xFF  # in the first member's compressed bytes
    path.write_bytes(data)
    snapshot = opening.read(path, [X])
    assert list(reasons(snapshot)) == ["a.json"]
    assert len(names(snapshot)) == 1


def test_many_bad_records_are_told_by_the_first_of_them(tmp_path: Path) -> None:
    members = {f"m{n:04}": b"{" for n in range(500)}
    snapshot = opening.read(archive(tmp_path / "a.zip", **members), [X])
    assert len(snapshot.unread) == MAX_TOLD + 1
    assert snapshot.unread[-1].reason == "and others like it"
    assert snapshot.used.as_of is None


def test_a_database_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_RECORDS", 10)
    members = {f"m{n}": GOOD for n in range(11)}
    (tmp_path / "nested").mkdir()
    for path in (
        archive(tmp_path / "a.zip", **members),
        folder(tmp_path / "a", **members),
        archive(tmp_path / "nested" / "all.zip", **members).parent,
    ):
        with pytest.raises(DocumentError, match=r"^a database of more than 10 records"):
            opening.read(path, [X])


def test_a_database_is_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_TOTAL", 2 * len(GOOD))
    assert opening.read(archive(tmp_path / "a.zip", a=GOOD, b=GOOD), [X]).used.records == 2
    with pytest.raises(DocumentError, match="a database of more"):
        opening.read(archive(tmp_path / "a.zip", a=GOOD, b=GOOD, c=GOOD), [X])


def end(directory: int) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, directory, 0, 0)


def end_64(directory: int, offset: int) -> bytes:
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, directory, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, offset, 1)
    return record + locator + end(0xFFFFFFFF)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip file",
        b"PK\x05\x06",
        end(10),
        end((64 << 20) + 1),
        end(0xFFFFFFFF),
        end_64(1 << 40, 0),
        end_64(1 << 40, 1 << 60),
        end_64(10, 0),
    ],
)
def test_what_is_no_zip_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(DocumentError, match="zip file"):
        opening.read(path, [X])


def test_a_zip_file_of_the_longer_form_is_read(tmp_path: Path) -> None:
    """As other writers make it, whose older fields say only that the newer ones count."""
    path = archive(tmp_path / "a.zip", a=GOOD)
    data = path.read_bytes()
    at = data.rfind(b"PK\x05\x06")
    length, offset = struct.unpack_from("<2L", data, at + 12)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, length, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, *[0xFFFFFFFF] * 2, 0)
    path.write_bytes(data[:at] + record + locator + last)
    assert names(opening.read(path, [X])) == ["GHSA-1"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocumentError, match="neither a folder nor a zip file"):
        opening.read(tmp_path / "pipe", [X])


def test_what_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        opening.read(tmp_path / "none", [X])


def test_ten_thousand_records_are_read_in_a_second(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as stream:
        for n in range(10_000):
            versions = tuple(f"1.{k}" for k in range(40))
            package = osv.affected(f"n{n}", ("introduced", "0"), versions=versions)
            details = "what happens when <this> is read " * 40
            stream.writestr(f"GHSA-{n}.json", osv.encoded(f"GHSA-{n}", package, details=details))
    asked = [Lookup("PyPI", f"n{n * 50}", "1.0") for n in range(200)]
    started = time.process_time()
    snapshot = opening.read(path, asked)
    assert time.process_time() - started < 2  # 0.3 s; the rest is for busy machines
    assert len(snapshot.hits) == 200
    assert snapshot.used.records == 10_000


def test_other_shapes_of_affected_are_passed_over(tmp_path: Path) -> None:
    shapes = [None, "x", [None], [{"package": 1}], [{"package": {"ecosystem": 1}}]]
    members = {
        f"m{n}": json.dumps({"id": "A-1", "modified": osv.MODIFIED, "affected": shape}).encode()
        for n, shape in enumerate(shapes)
    }
    snapshot = opening.read(archive(tmp_path / "a.zip", **members), [X])
    assert snapshot.ecosystems == frozenset()
