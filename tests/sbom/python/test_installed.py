from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from workflow_sbom.digest import Digest
from workflow_sbom.errors import InventoryError
from workflow_sbom.python import installed
from workflow_sbom.python.installed import read
from workflow_sbom.python.libraries import Library
from workflow_sbom.python.origin import Origin

SITE = "lib/python3.11/site-packages"


def put(site: Path, name: str, version: str = "1", **files: str) -> Path:
    """A distribution as an installer leaves it; `files` are others of its folder."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    for file, text in files.items():
        (folder / file.replace("__", ".")).write_text(text)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "env" / SITE).mkdir(parents=True)
    return tmp_path / "env"


def test_a_distribution_and_all_that_is_told_of_it(root: Path) -> None:
    site = root / SITE
    (site / "demo.libs").mkdir()
    (site / "demo.libs/liba.so").write_bytes(b"a")
    put(
        site,
        "Demo",
        RECORD="demo/__init__.py,,\n../../../bin/demo,,\ndemo.libs/liba.so,sha256=x,1\n",
        REQUESTED="",
        WHEEL="Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_17_x86_64\n",
        direct_url__json='{"url": "file:///home/me", "dir_info": {"editable": true}}',
        LICENSE="Copyright 2019 Ann\n",
    )
    put(site, "bare", WHEEL="Tag: py3-none-any\n")
    found = read(root)
    bare, demo = found.distributions
    assert (bare.key, bare.requested, bare.origin) == ("bare", False, None)
    assert (demo.key, demo.requested) == ("demo", True)
    assert demo.place == f"{SITE}/Demo-1.dist-info/METADATA"
    assert demo.origin == Origin(kind="folder", editable=True)
    assert demo.contents.libraries == (Library(path="demo.libs/liba.so", digest=Digest.of(b"a")),)
    assert demo.contents.copyright == ("Copyright 2019 Ann",)
    assert found.platform == "manylinux_2_17_x86_64"
    assert found.unread == ()


def test_what_is_not_read_is_named(root: Path) -> None:
    site = root / SITE
    put(site, "~emo")
    (site / "old-1.egg-info").mkdir()
    (site / "older.egg-link").touch()
    (site / "empty-1.dist-info").mkdir()
    put(site, "demo")
    found = read(root)
    assert [each.key for each in found.distributions] == ["demo"]
    assert found.unread == tuple(
        f"{SITE}/{name}"
        for name in ("empty-1.dist-info", "old-1.egg-info", "older.egg-link", "~emo-1.dist-info")
    )


def test_a_folder_that_was_installed_into(tmp_path: Path) -> None:
    put(tmp_path, "demo")
    (found,) = read(tmp_path).distributions
    assert found.place == "demo-1.dist-info/METADATA"


def test_both_halves_of_a_split_installation_and_a_link_between_them(tmp_path: Path) -> None:
    put(tmp_path / "lib/python3.11/site-packages", "a")
    put(tmp_path / "lib64/python3.11/site-packages", "b")
    assert [each.key for each in read(tmp_path).distributions] == ["a", "b"]
    assert [each.key for each in read(tmp_path, ["lib64/python3.11/site-packages"]).distributions]
    linked = tmp_path / "linked"
    put(linked / SITE, "a")
    (linked / "lib64").symlink_to("lib")
    (found,) = read(linked).distributions
    assert found.place == f"{SITE}/a-1.dist-info/METADATA"


def test_no_environment(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="no site-packages") as failure:
        read(tmp_path)
    assert "name a virtual environment" in failure.value.remedy
    with pytest.raises(InventoryError, match="can't be read: No such file"):
        read(tmp_path, ["nowhere"])


def test_one_name_twice(root: Path) -> None:
    put(root / SITE, "demo", "1")
    put(root / SITE, "Demo", "2")
    with pytest.raises(InventoryError, match=r"demo is there twice: .*Demo-2.* and .*demo-1"):
        read(root)


def test_malformed_metadata_is_named_by_its_folder(root: Path) -> None:
    folder = put(root / SITE, "demo")
    (folder / "METADATA").write_text("Version: 1\n")
    with pytest.raises(InventoryError, match=r"demo-1\.dist-info: the metadata names no"):
        read(root)


# Attacks: an environment is a folder from outside.


@pytest.mark.parametrize(
    "name", ["../../../../outside/lib.so", "/etc/lib.so", "demo/link.so", "linked.libs/x"]
)
def test_a_record_that_leads_out(root: Path, name: str) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "lib.so").write_bytes(b"secret")
    (outside / "x").write_bytes(b"secret")
    put(root / SITE, "demo", RECORD=f"{name},,\n")
    (root / SITE / "demo").mkdir()
    (root / SITE / "demo/link.so").symlink_to(outside / "lib.so")
    (root / SITE / "linked.libs").symlink_to(outside)
    with pytest.raises(InventoryError, match="leads out of the environment"):
        read(root)


def test_a_record_with_a_null_byte(root: Path) -> None:
    put(root / SITE, "demo", RECORD="a\0b.so,,\n")
    with pytest.raises(InventoryError, match="leads out of the environment"):
        read(root)


def test_a_library_that_is_gone(root: Path) -> None:
    put(root / SITE, "demo", RECORD='demo/libgone.so,,\n"odd"",.so\n\n')
    (found,) = read(root).distributions
    assert "demo/libgone.so" in found.contents.missing


def test_a_record_that_is_no_table(root: Path) -> None:
    put(root / SITE, "demo", RECORD=f'"{"a" * 200_000}.so",,\n')
    with pytest.raises(InventoryError, match="RECORD: no CSV file"):
        read(root)


def test_names_that_are_no_text(root: Path) -> None:
    folder = put(root / SITE, "demo")
    (folder / "sboms").mkdir()
    odd = os.fsdecode(b"a\xff")
    (folder / "sboms" / odd).touch()
    with pytest.raises(InventoryError, match="is no name in UTF-8"):
        read(root)
    (folder / "sboms" / odd).unlink()
    (root / SITE / f"{odd}-1.dist-info").mkdir()
    with pytest.raises(InventoryError, match="is no name in UTF-8"):
        read(root)


def test_a_linked_folder(root: Path) -> None:
    outside = root.parent / "outside"
    put(outside, "demo")
    (root / SITE / "demo-1.dist-info").symlink_to(outside / "demo-1.dist-info")
    with pytest.raises(InventoryError, match="a link out of the environment"):
        read(root)


def test_a_linked_file(root: Path) -> None:
    folder = put(root / SITE, "demo")
    (folder / "METADATA").rename(root / "METADATA")
    (folder / "METADATA").symlink_to(root / "METADATA")
    with pytest.raises(InventoryError, match=r"METADATA: can't be read"):
        read(root)


@pytest.mark.parametrize("name", ["METADATA", "RECORD", "direct_url.json", "LICENSE"])
def test_a_pipe_is_not_waited_for(root: Path, name: str) -> None:
    folder = put(root / SITE, "demo")
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    with pytest.raises(InventoryError, match="no regular file"):
        read(root)


def test_a_folder_in_place_of_metadata(root: Path) -> None:
    folder = put(root / SITE, "demo")
    (folder / "METADATA").unlink()
    (folder / "METADATA").mkdir()
    with pytest.raises(InventoryError, match="no regular file"):
        read(root)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("MAX_DISTRIBUTIONS", "more than 1 distributions"),
        ("MAX_FILES", "more than 1 files"),
        ("MAX_RECORD", "more than 1 bytes"),
    ],
)
def test_bounds(root: Path, monkeypatch: pytest.MonkeyPatch, limit: str, reason: str) -> None:
    put(root / SITE, "demo", RECORD="a,,\n")
    put(root / SITE, "other")
    (root / SITE / "other").mkdir()
    if limit == "MAX_RECORD":
        monkeypatch.setattr(installed, "MAX_RECORD", 1)
    else:
        monkeypatch.setattr(installed, limit, 1)
    with pytest.raises(InventoryError, match=reason):
        read(root)


def test_huge_metadata(root: Path) -> None:
    folder = put(root / SITE, "demo")
    with (folder / "METADATA").open("ab") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(InventoryError, match="metadata of"):
        read(root)


def test_a_real_environment(tmp_path: Path) -> None:
    """What `venv` and pip make, pip itself being there."""
    venv.create(tmp_path / "env", with_pip=True)
    found = read(tmp_path / "env")
    python = tmp_path / "env/bin/python"
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert [f"{each.key}=={each.version}" for each in found.distributions] == listed
    assert sys.version_info[:2] == (3, int((tmp_path / "env/lib").iterdir().__next__().name[8:]))
