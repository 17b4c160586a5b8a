from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from support.distributions import (
    METADATA,
    SDIST_FILES,
    STAMPED,
    TRACKED,
    Maker,
    origin,
    unexplained,
)
from workflow_sbom.archives import reading
from workflow_sbom.coverage import sdists
from workflow_sbom.coverage.sdists import cover_sdist
from workflow_sbom.errors import InventoryError

ROOT = "thing-1.2.3"


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def entry(path: str, kind: bytes, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.size = kind, link, size
    return info


def test_every_entry_is_the_commits_or_made_again(make: Maker) -> None:
    folders = [entry(ROOT, tarfile.DIRTYPE), entry(f"{ROOT}/src", tarfile.DIRTYPE)]
    link = entry(f"{ROOT}/also", tarfile.SYMTYPE, "LICENSE")
    ledger = cover_sdist(make.sdist(extra=[*folders, link]), origin())
    assert unexplained(ledger) == {}
    assert ledger.owners() == {"git:1234": len(TRACKED) - 1 + 1}
    assert ledger.rules() == {STAMPED: 1, sdists.METADATA: 1, sdists.FOLDER: 2}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({f"{ROOT}/src/thing/core.py": b"evil"}, "differs from 'src/thing/core.py' of the commit"),
        ({f"{ROOT}/setup.py": b"evil"}, "nothing that the commit tracks, and no rule makes it"),
        ({f"{ROOT}/thing/core.py": TRACKED["src/thing/core.py"]}, "nothing that the commit tracks"),
        ({"other/x.py": b""}, f"outside {ROOT}/"),
        ({f"{ROOT}/PKG-INFO": METADATA + b"more"}, "`description` is not what"),
    ],
)
def test_what_the_commit_does_not_hold_up_is_caught(
    make: Maker, changed: dict[str, bytes], expected: str
) -> None:
    found = unexplained(cover_sdist(make.sdist(SDIST_FILES | changed), origin()))
    assert list(found) == list(changed)
    assert found[next(iter(changed))].startswith(expected)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (entry(f"{ROOT}/also", tarfile.SYMTYPE, "/etc/passwd"), "a link to '/etc/passwd' that the"),
        (entry(f"{ROOT}/other", tarfile.SYMTYPE, "LICENSE"), "a link to 'LICENSE' that the commit"),
        (entry(f"{ROOT}/hard", tarfile.LNKTYPE, f"{ROOT}/LICENSE"), "a hardlink; a source"),
        (entry(f"{ROOT}/null", tarfile.CHRTYPE), "a device; a source"),
        (entry(f"{ROOT}/pipe", tarfile.FIFOTYPE), "a fifo; a source"),
        (entry(f"{ROOT}/empty", tarfile.DIRTYPE), "a folder that holds no file"),
    ],
)
def test_links_devices_and_empty_folders_are_caught(
    make: Maker, extra: tarfile.TarInfo, expected: str
) -> None:
    found = unexplained(cover_sdist(make.sdist(extra=[extra]), origin()))
    assert list(found) == [extra.name]
    assert found[extra.name].startswith(expected)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (entry(f"{ROOT}/LICENSE", tarfile.REGTYPE, size=1), "'thing-1.2.3/LICENSE' stands twice"),
        (entry(f"{ROOT}/../evil", tarfile.REGTYPE, size=1), "leads out of the archive"),
        (entry("/etc/passwd", tarfile.REGTYPE, size=1), "leads out of the archive"),
        (entry(f"{ROOT}/LICENSE/x", tarfile.REGTYPE, size=1), "LICENSE' is a file, and"),
        (entry(f"{ROOT}/holes", tarfile.GNUTYPE_SPARSE, size=0), "is a sparse file"),
    ],
)
def test_what_would_be_read_in_two_ways_is_refused(
    make: Maker, extra: tarfile.TarInfo, said: str
) -> None:
    with pytest.raises(InventoryError, match=said):
        cover_sdist(make.sdist(extra=[extra]), origin())


def test_the_name_says_what_it_is(make: Maker) -> None:
    path = make.sdist(name="blob")
    assert unexplained(cover_sdist(path, origin(), name="thing-1.2.3.tar.gz")) == {}
    with pytest.raises(InventoryError, match="'blob' is no source distribution"):
        cover_sdist(path, origin())
    with pytest.raises(InventoryError, match=r"no thing-2/PKG-INFO"):
        cover_sdist(path, origin(), name="thing-2.tar.gz")


# ------------------------------------------------------------------------------- damaged archives


def test_an_archive_that_is_cut_short_is_refused(make: Maker) -> None:
    raw = gzip.decompress(make.sdist().read_bytes())
    for damaged in (raw[:600], raw[: raw.index(b"\0" * 1024) + 512], b"", b"x" * 700):
        with pytest.raises(InventoryError, match=r"thing-1\.2\.3\.tar\.gz: "):
            cover_sdist(make.raw(gzip.compress(damaged)), origin())


def test_bytes_after_the_end_are_refused(make: Maker) -> None:
    raw = gzip.decompress(make.sdist().read_bytes())
    with pytest.raises(InventoryError, match="bytes after the end"):
        cover_sdist(make.raw(gzip.compress(raw + b"hidden".ljust(1 << 21, b"\0"))), origin())


def test_what_is_no_gzip_is_refused(make: Maker) -> None:
    with pytest.raises(InventoryError, match="no readable archive"):
        cover_sdist(make.raw(b"PK"), origin())


def test_a_header_that_asks_for_much_memory_is_refused(make: Maker) -> None:
    info = entry(f"{ROOT}/x", tarfile.XHDTYPE)
    info.size = 1 << 33
    raw = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict") + b"\0" * 4096
    with pytest.raises(InventoryError, match=r"no readable archive|asks for"):
        cover_sdist(make.raw(gzip.compress(raw)), origin())


def test_too_many_bytes_and_entries_are_refused(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make.sdist()
    monkeypatch.setattr(reading, "MAX_UNPACKED", 100_000)
    big = entry(f"{ROOT}/big", tarfile.REGTYPE, size=200_000)
    with pytest.raises(InventoryError, match="or 100000 bytes"):
        cover_sdist(make.sdist(extra=[big]), origin())
    monkeypatch.setattr(reading, "MAX_ENTRIES", 3)
    with pytest.raises(InventoryError, match="more than 3 entries"):
        cover_sdist(path, origin())
    monkeypatch.setattr(reading, "MAX_KEPT", 3)
    monkeypatch.setattr(reading, "MAX_ENTRIES", 100)
    with pytest.raises(InventoryError, match="more than is read of such a file"):
        cover_sdist(path, origin())


def test_an_entry_that_would_begin_far_beyond_is_refused(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_UNPACKED", 1 << 12)
    sparse = io.BytesIO()
    with tarfile.open(fileobj=sparse, mode="w") as archive:
        archive.addfile(entry(f"{ROOT}/x", tarfile.REGTYPE, size=4000), io.BytesIO(b"x" * 4000))
        archive.addfile(entry(f"{ROOT}/y", tarfile.DIRTYPE))
    with pytest.raises(InventoryError, match="that begins at"):
        cover_sdist(make.raw(gzip.compress(sparse.getvalue())), origin())
