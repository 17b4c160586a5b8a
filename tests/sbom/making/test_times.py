"""When an artifact was made, as far as it tells."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workflow_sbom.errors import InventoryError
from workflow_sbom.making.kinds import Kind, Recognised
from workflow_sbom.making.times import newest

Moment = tuple[int, int, int, int, int, int]


def wheel(path: Path, *times: Moment) -> Recognised:
    with zipfile.ZipFile(path, "w") as archive:
        for number, time in enumerate(times):
            archive.writestr(zipfile.ZipInfo(f"{number}", time), b"")
    return Recognised(Kind.WHEEL, path)


def sdist(path: Path, *times: float) -> Recognised:
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for number, time in enumerate(times):
            info = tarfile.TarInfo(f"{number}")
            info.mtime = time
            archive.addfile(info)
    return Recognised(Kind.SDIST, path)


def test_the_newest_member_tells_it(tmp_path: Path) -> None:
    found = wheel(tmp_path / "x.whl", (2024, 1, 2, 3, 4, 6), (2023, 1, 1, 0, 0, 0))
    assert newest(found) == datetime(2024, 1, 2, 3, 4, 6, tzinfo=UTC)
    found = sdist(tmp_path / "x.tar.gz", 1_700_000_000.75, 5)
    assert newest(found) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "made_up", [(1980, 1, 1, 0, 0, 0), (2016, 1, 1, 0, 0, 0), (2020, 2, 2, 0, 0, 0)]
)
def test_a_time_that_build_tools_make_up_tells_nothing(tmp_path: Path, made_up: Moment) -> None:
    assert newest(wheel(tmp_path / "x.whl", made_up, made_up)) is None
    assert newest(sdist(tmp_path / "x.tar.gz", datetime(*made_up, tzinfo=UTC).timestamp())) is None


def test_members_without_a_true_time_tell_nothing(tmp_path: Path) -> None:
    assert newest(sdist(tmp_path / "x.tar.gz", 0, 1e300, -1e30)) is None
    path = tmp_path / "x.whl"
    wheel(path, (1980, 1, 1, 0, 0, 0))
    path.write_bytes(path.read_bytes().replace(b"\x21\x00", b"\x00\x00"))  # month 0, day 0
    assert newest(Recognised(Kind.WHEEL, path)) is None


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2024-05-06T07:08:09Z", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        ("2024-05-06T07:08:09", None),
        ("lately", None),
    ],
)
def test_a_go_program_tells_its_commits(
    make_go_program: Callable[..., object], tmp_path: Path, time: str, expected: datetime | None
) -> None:
    make_go_program("x", "go1.22", f"path\tx\nbuild\tvcs.time={time}\n")
    assert newest(Recognised(Kind.GO, tmp_path / "x")) == expected


def test_a_folder_of_wheels_is_of_its_newest(tmp_path: Path) -> None:
    wheel(tmp_path / "a.whl", (2024, 1, 2, 3, 4, 6))
    wheel(tmp_path / "b.whl", (2024, 1, 2, 3, 4, 8))
    assert newest(Recognised(Kind.WHEELS, tmp_path)) == datetime(2024, 1, 2, 3, 4, 8, tzinfo=UTC)


def test_an_environment_is_of_its_last_installation(tmp_path: Path) -> None:
    for name, time in (("one", 1_700_000_000), ("two", 1_700_000_001), ("three", None)):
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        if time is not None:
            (info / "RECORD").write_text("")
            os.utime(info / "RECORD", (time, time))
    found = newest(Recognised(Kind.ENVIRONMENT, tmp_path))
    assert found == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)


@pytest.mark.parametrize(("kind", "data"), [(Kind.SDIST, b"\x1f\x8b..."), (Kind.WHEEL, b"PK..")])
def test_a_damaged_archive_is_told(tmp_path: Path, kind: Kind, data: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(InventoryError, match="no readable archive"):
        newest(Recognised(kind, path))
