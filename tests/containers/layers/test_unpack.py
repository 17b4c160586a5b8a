from __future__ import annotations

from pathlib import Path

import pytest

from workflow_containers.errors import MemberError
from workflow_containers.layers.entries import Directory, Entry, File, Hardlink, Symlink
from workflow_containers.layers.unpack import unpack


def test_entries_are_written_with_their_kind_and_mode(tmp_path: Path) -> None:
    unpack(
        [
            Directory("empty"),
            File("bin/a", 0o755, b"1"),
            Symlink("bin/b", "a"),
            Hardlink("bin/c", "bin/a"),
        ],
        tmp_path,
    )
    assert (tmp_path / "empty").is_dir()
    assert (tmp_path / "bin/a").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "bin/b").read_bytes() == b"1"
    assert (tmp_path / "bin/c").samefile(tmp_path / "bin/a")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([Symlink("a", "/"), File("a/x", 0o644, b"")], "through a link"),
        ([Symlink("a", ".."), File("a/b/x", 0o644, b"")], "through a link"),
        ([Symlink("a", "/"), Directory("a/x")], "through a link"),
        ([Symlink("a", "/etc/passwd"), File("a", 0o644, b"")], "stands twice"),
        ([File("a", 0o644, b""), Symlink("a", "/")], "stands twice"),
        ([Symlink("a", "/etc/passwd"), Hardlink("b", "a")], "is no file before it"),
        ([Symlink("a", "/etc"), Hardlink("b", "a/passwd")], "is no file before it"),
        ([Hardlink("b", "a")], "is no file before it"),
        ([Directory("d"), Hardlink("b", "d")], "is no file before it"),
    ],
)
def test_nothing_is_written_through_a_link_or_twice(
    tmp_path: Path, entries: list[Entry], message: str
) -> None:
    with pytest.raises(MemberError, match=message):
        unpack(entries, tmp_path)
