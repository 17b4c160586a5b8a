"""`workflow-sbom coverage`: what explains each entry, and a code of its own when one is left."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from support.distributions import FILES, SDIST_FILES, TRACKED, Maker
from support.sbom_desk import SbomDesk
from workflow_sbom.coverage.interfaces import version_file
from workflow_sbom.digest import Digest

VERSION = b'__version__ = "1.2.3"\n'


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The project that everything was made from, stamped already."""
    folder = tmp_path / "source"
    for name, data in {**TRACKED, "src/thing/__init__.py": VERSION}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_a_wheel_is_explained_by_its_own_record(make: Maker) -> None:
    said = SbomDesk().run("coverage", make.wheel())
    assert said.code == 0
    rows = [line.split() for line in said.out.splitlines()]
    assert rows[2] == ["owned", "pkg:pypi/thing@1.2.3", "6", "RECORD"]
    assert rows[-1] == ["unexplained", "0"]


def test_a_wheel_is_explained_by_the_project_it_was_made_from(make: Maker, source: Path) -> None:
    said = SbomDesk().run("coverage", make.wheel(), "--source", source)
    assert said.code == 0
    assert "owned        folder:source" in said.out
    (source / "src/thing/core.py").write_text("# another\n")
    said = SbomDesk().run("coverage", make.wheel(), "--source", source)
    assert said.code == 48
    assert "thing/core.py  differs from 'src/thing/core.py'" in said.out


def test_a_planted_file_is_told_with_a_remedy(make: Maker) -> None:
    path = make.wheel(extra=[("thing/planted.py", b"#")])
    said = SbomDesk().run("coverage", path)
    assert said.code == 48
    name = "thing-1.2.3-py3-none-any.whl"
    assert said.out.splitlines()[-1].split("  ") == [
        name,
        "thing/planted.py",
        "not listed in RECORD",
    ]
    assert said.err.splitlines()[1:] == [
        f"error: {path}: nothing explains 1 of 8 entries",
        "remedy: build it again, or find out who changed it",
    ]
    found = SbomDesk().run("coverage", path, "--json")
    assert found.code == 48
    assert found.json["archives"][0]["explained"] is False
    left = [each["path"] for each in found.json["archives"][0]["entries"] if "unexplained" in each]
    assert left == ["thing/planted.py"]


def test_several_archives_are_told_one_by_one_and_all_of_them(make: Maker) -> None:
    whole, spoilt = make.wheel(), make.wheel(extra=[("thing/planted.py", b"#")])
    said = SbomDesk().run("coverage", whole, spoilt)
    assert said.code == 48
    assert said.out.count("thing-1.2.3-py3-none-any.whl:\n") == 2
    assert f"{spoilt}: nothing explains 1 of 8" in said.err
    assert f"{whole}: nothing" not in said.err
    found = SbomDesk().run("coverage", whole, spoilt, "--json").json["archives"]
    assert [each["explained"] for each in found] == [True, False]


def test_very_many_are_counted_and_all_are_in_the_document(make: Maker) -> None:
    path = make.wheel(extra=[(f"thing/{number}.py", b"#") for number in range(120)])
    said = SbomDesk().run("coverage", path)
    assert "and 20 more; --json has them all" in said.out
    entries = SbomDesk().run("coverage", path, "--json").json["archives"][0]["entries"]
    assert sum("unexplained" in each for each in entries) == 120


def test_a_source_distribution_needs_its_project(make: Maker, source: Path) -> None:
    path = make.sdist()
    said = SbomDesk().run("coverage", path)
    assert (said.code, "--source DIR" in said.err) == (2, True)
    (source / "link").symlink_to("LICENSE")
    assert SbomDesk().run("coverage", path, "--source", source).code == 0
    linked = tarfile.TarInfo("thing-1.2.3/link")
    linked.type, linked.linkname = tarfile.SYMTYPE, "LICENSE"
    path = make.sdist(extra=[linked])
    found = SbomDesk().run("coverage", path, "--source", source, "--json")
    entry = next(each for each in found.json["archives"][0]["entries"] if each["kind"] == "symlink")
    assert (entry["target"], entry["owner"]) == ("LICENSE", "folder:source")
    assert len(found.json["archives"][0]["entries"]) == len(SDIST_FILES) + 1


def test_a_web_interface_needs_its_project_and_its_version(tmp_path: Path) -> None:
    archive, source = tmp_path / "page-1.2.3.tar.gz", tmp_path / "page"
    files = {
        "index.html": b"<html>",
        "robots.txt": b"User-agent: *\n",
        "version.json": version_file("1.2.3"),
    }
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in files.items():
            (tmp_path / "one").write_bytes(data)
            tar.add(tmp_path / "one", f"dist/{name}")
    shipped = {
        "format": 2,
        "modules": [],
        "assets": [{"file": "index.html", "sources": ["index.html"]}],
        "written": [{"file": "index.html", "sha256": Digest.of(b"<html>").hex}],
    }
    lock = {
        "name": "page", "version": "0.0.0", "lockfileVersion": 3,
        "packages": {"": {"name": "page", "version": "0.0.0"}},
    }  # fmt: skip
    for name, text in {
        "index.html": "<html>",
        "public/robots.txt": "User-agent: *\n",
        "package-lock.json": json.dumps(lock),
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    words = ("coverage", archive, "--source", source)
    said = SbomDesk().run(*words)
    assert (said.code, "name it with --version" in said.err) == (2, True)
    without = SbomDesk().run(*words, "--version", "1.2.3")
    assert (without.code, "dist/index.html" in without.out) == (48, True)
    (source / "build").mkdir()
    (source / "build/modules.json").write_text(json.dumps(shipped))
    assert SbomDesk().run(*words, "--version", "1.2.3").code == 0
    assert SbomDesk().run(*words, "--version", "1.2.4").code == 48


def test_what_has_no_entries_is_refused(tmp_path: Path, make: Maker, source: Path) -> None:
    said = SbomDesk().run("coverage", tmp_path)
    assert (said.code, "of which there is no list of entries" in said.err) == (45, True)
    path = make.sdist(name="strange.gz")
    said = SbomDesk().run("coverage", path, "--source", source)
    assert (said.code, "its name tells no version" in said.err) == (45, True)
    path = make.wheel(FILES, name="strange.whl")
    said = SbomDesk().run("coverage", path, "--source", source)
    assert (said.code, "its name tells no version" in said.err) == (45, True)
