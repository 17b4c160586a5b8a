from __future__ import annotations

from pathlib import Path

import pytest

from workflow_sbom.machine.files import write_whole


def test_a_file_is_written_with_its_folders_and_is_everybodys_to_read(tmp_path: Path) -> None:
    path = tmp_path / "a/b/x.json"
    write_whole(path, b"{}")
    assert path.read_bytes() == b"{}"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir()] == ["x.json"]


def test_what_was_there_is_replaced_not_written_over(tmp_path: Path) -> None:
    path, other = tmp_path / "x.json", tmp_path / "y.json"
    path.write_bytes(b"before")
    other.hardlink_to(path)
    write_whole(path, b"after")
    assert (path.read_bytes(), other.read_bytes()) == (b"after", b"before")


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "x.json"
    (folder / "in").mkdir(parents=True)
    with pytest.raises(OSError, match=r"x\.json"):
        write_whole(folder, b"after")
    assert [each.name for each in tmp_path.iterdir()] == ["x.json"]
