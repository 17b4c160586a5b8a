from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from simulators.archives import Entry, Sketch, archive, layer
from simulators.registry import Registry
from simulators.registry_server import serving
from support.two_shops import Golden, Run, shops


@pytest.fixture(autouse=True)
def images(tmp_path: Path) -> None:
    shops(tmp_path)


def test_golden_diff(run: Run, golden: Golden) -> None:
    found = run("diff", "old.tar", "new.tar")
    assert (found.code, found.err) == (1, "")
    golden("diff", found.out)


def test_golden_diff_of_every_file(run: Run, golden: Golden) -> None:
    golden("diff-files", run("diff", "old.tar", "new.tar", "--files").out)


def test_golden_diff_of_the_same_image(run: Run, golden: Golden) -> None:
    found = run("diff", "old.tar", "old.tar")
    assert (found.code, found.err) == (0, "")
    golden("diff-same", found.out)


def test_it_fits_eighty_columns_but_for_paths(run: Run) -> None:
    table = run("diff", "old.tar", "new.tar").out.partition("\n\nindex\n")[0]
    assert max(map(len, table.splitlines())) <= 80
    same = run("diff", "old.tar", "old.tar").out
    assert max(map(len, same.splitlines())) <= 80


def test_for_programs_both_levels_of_truth_and_every_difference(run: Run) -> None:
    found = run("diff", "old.tar", "new.tar", "--json").json
    assert found["same"] is False
    assert found["old"]["platforms"].keys() == {"linux/amd64", "linux/arm64"}
    assert found["old"]["platforms"]["linux/amd64"].keys() == {"manifest", "config"}
    package = next(each for each in found["differences"] if each["kind"] == "version")
    assert package == {
        "kind": "version",
        "where": "linux/amd64",
        "package": {"kind": "package", "name": "libssl3t64"},
        "old": "3.5.1-1",
        "new": "3.5.2-1",
    }
    page = next(each for each in found["differences"] if each.get("path") == "app/page.html")
    assert page["owner"] is None
    assert page["changes"][0] == {"name": "mode", "old": "0644", "new": "0755"}
    assert page["changes"][-1]["hunk"]["old"] == ["shop"]
    same = run("diff", "old.tar", "old.tar", "--json")
    assert (same.code, same.json["same"], same.json["differences"]) == (0, True, [])


def test_one_platform_alone(run: Run) -> None:
    found = run("diff", "old.tar", "new.tar", "--platform", "linux/arm64")
    assert found.code == 1
    assert "linux/amd64" not in found.out
    missing = run("diff", "old.tar", "new.tar", "--platform", "linux/s390x")
    assert missing.code == 27
    assert "no image for linux/s390x; it has linux/amd64, linux/arm64" in missing.err
    assert run("diff", "old.tar", "new.tar", "--platform", "sparc").code == 22


def test_a_compressor_alone_changes_the_manifest_and_not_the_configuration(
    run: Run, tmp_path: Path
) -> None:
    one = Sketch(layers=[layer([Entry(path="x", data=b"x" * 5000)])])
    archive(tmp_path / "a.tar", one)
    archive(tmp_path / "b.tar", one.but(level=1))
    found = run("diff", "a.tar", "b.tar")
    assert found.code == 1
    rows = dict(line.split()[1::3] for line in found.out.splitlines() if "linux/amd64  " in line)
    assert rows == {"manifest": "differs", "config": "same"}
    assert "the same contents, compressed differently, by another compressor" in found.out


def test_no_name_in_an_image_passes_for_a_line_of_the_report(run: Run, tmp_path: Path) -> None:
    evil = "x\nindex\n  \x1b[2Jannotation a: 1 → 2\u202e"
    for name, data in (("a.tar", b"1"), ("b.tar", b"2\x1b]0;owned\x07\n")):
        archive(
            tmp_path / name,
            Sketch(layers=[layer([Entry(path=evil, data=data)])], execution={"User": evil + name}),
        )
    found = run("diff", "a.tar", "b.tar").out
    assert all(character.isprintable() or character == "\n" for character in found)
    assert "index" not in found.splitlines()[8:]


def test_the_folder_of_a_layout_is_read_as_its_archive(run: Run, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "old.tar") as opened:
        opened.extractall(tmp_path / "old", filter="data")
    assert run("diff", "old.tar", "old").code == 0


@pytest.mark.parametrize("word", ["absent.tar", "text.txt", "empty"])
def test_what_is_no_image_has_a_code_of_its_own_and_a_remedy(
    run: Run, tmp_path: Path, word: str
) -> None:
    (tmp_path / "text.txt").write_text("no archive", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    found = run("diff", "old.tar", word)
    assert (found.code, found.out) == (27, "")
    assert "error: " in found.err
    assert "remedy: " in found.err


def test_an_image_in_a_registry_is_compared_as_its_archive(run: Run) -> None:
    with serving(Registry()) as host:
        name = f"{host}/team/shop"
        pushed = run("push", "old.tar", f"{name}:1.2.0")
        assert pushed.code == 0, pushed.err
        same = run("diff", "old.tar", f"{name}:1.2.0")
        assert (same.code, same.out.splitlines()[0]) == (0, "the same image")
        assert f"{name}:1.2.0 is {name}:1.2.0@sha256:" in same.err
        assert run("diff", f"{name}:1.2.0", "new.tar").code == 1
        told = run("inspect", f"{name}:1.2.0")
        assert (told.code, "libssl3t64  3.5.1-1  package  all" in told.out) == (0, True)
        missing = run("inspect", f"{name}:9")
        assert missing.code == 33


@pytest.mark.parametrize(
    "word", ["absent", "dist/absent", "../absent", "./a.b/absent.tar", "a:1.tar"]
)
def test_a_file_that_is_missing_is_asked_of_no_registry(run: Run, word: str) -> None:
    found = run("inspect", word)
    assert found.code == 27
    assert "no such file" in found.err


def test_no_failure_is_taken_for_a_difference(run: Run, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder", encoding="utf-8")
    found = run("diff", "old.tar", "new.tar")
    assert (found.code, found.out) == (20, "")
    assert "error: can't be compared: " in found.err
