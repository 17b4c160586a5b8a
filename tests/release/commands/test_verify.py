from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.desk import Desk
from workflow_release.commands.verify import _size
from workflow_release.errors import UsageError, VerificationError
from workflow_release.verifying.verdict import Line

VERSION = "0.1.0-dev.1"


@pytest.fixture
def released(desk: Desk) -> Path:
    """A release folder, signed by the desk's own key."""
    desk.run("cut")
    return desk.folder / "dist" / VERSION


def test_a_good_release_is_told_line_by_line(desk: Desk, released: Path) -> None:
    done = desk.run("verify", str(released))
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == str(released)
    assert lines[1].split() == ["verdict", "file", "size", "sha256"]
    assert [line.split()[:2] for line in lines[2:4]] == [
        ["ok", "thing-0.1.0.dev1.tar.gz"], ["ok", "thing-0.1.0.dev1-py3-none-any.whl"],
    ]  # fmt: skip
    assert lines[4].startswith("signed by ")
    assert lines[5].startswith("made from a local repository at ")
    assert lines[6] == f"VERIFIED thing {VERSION}: 2 artifacts, 9 files"
    assert done.err == ""


def test_without_a_folder_the_newest_is_looked_at(desk: Desk, released: Path) -> None:
    older = desk.folder / "dist" / "0.0.1"
    older.mkdir()
    (older / "release.json").write_text("{}")
    os.utime(older / "release.json", (1, 1))
    assert desk.run("verify").out.startswith(f"{released}\n")


def test_without_any_release_it_says_what_to_do(desk: Desk) -> None:
    with pytest.raises(UsageError, match="holds no release") as caught:
        desk.run("verify")
    assert "name a release folder" in caught.value.remedy


def test_a_changed_byte_is_told_with_its_file(desk: Desk, released: Path) -> None:
    wheel = released / "thing-0.1.0.dev1-py3-none-any.whl"
    data = bytearray(wheel.read_bytes())
    data[100] ^= 1
    wheel.write_bytes(data)
    done = desk.run("verify", str(released))
    assert done.code == 11
    failed = [line.split()[1] for line in done.out.splitlines() if line.startswith("FAILED")]
    assert failed[0] == wheel.name
    assert done.out.endswith("NOT VERIFIED: do not use these files\n")
    assert "error: " in done.err
    assert "remedy: " in done.err


@pytest.mark.parametrize(
    "words", [["--version", "9.9.9"], ["--repository", "https://example.org/other/thing"]]
)
def test_another_version_or_repository_is_refused(
    desk: Desk, released: Path, words: list[str]
) -> None:
    assert desk.run("verify", str(released), *words).code == 11


def test_whoever_trusts_nobody_is_told_how_to(desk: Desk, released: Path, tmp_path: Path) -> None:
    stranger = Desk(folder=desk.folder, scratch=tmp_path / "stranger")
    try:
        done = stranger.run("verify", str(released))
    except VerificationError as error:
        said = f"{error.message} {error.remedy}"
    else:
        assert done.code == 11
        said = done.err
    assert "trust" in said


def test_the_document_has_every_file(desk: Desk, released: Path) -> None:
    (shown,) = desk.run("verify", str(released), "--json").json
    assert shown["ok"] is True
    assert shown["version"] == VERSION
    assert len(shown["files"]) == 9
    assert {each["status"] for each in shown["files"]} == {"verified"}
    assert shown["findings"] == []


def test_one_bad_folder_among_good_ones_is_enough(
    desk: Desk, released: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    done = desk.run("verify", str(released), str(tmp_path / "empty"), "--json")
    assert done.code == 11
    assert [each["ok"] for each in done.json] == [True, False]


def test_a_hostile_file_name_does_not_reach_the_terminal(desk: Desk, released: Path) -> None:
    (released / "x\nok  \x1b[2Jfake").write_text("x")
    done = desk.run("verify", str(released))
    assert done.code == 11
    assert "\x1b" not in done.out + done.err
    assert not any(line.startswith("ok  ") and "fake" in line for line in done.out.splitlines())


@pytest.mark.parametrize(
    ("size", "shown"),
    [(None, "-"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_500_000, "2.5 MB")],
)
def test_sizes_are_shown_in_units_of_a_thousand(size: int | None, shown: str) -> None:
    line = Line(name="x", role="artifact", status="verified", size=size, digest=None, reason="")
    assert _size(line) == shown
