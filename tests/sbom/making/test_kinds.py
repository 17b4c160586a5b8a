"""What a path is, told from its bytes."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from workflow_sbom.errors import InventoryError
from workflow_sbom.making import kinds
from workflow_sbom.making.kinds import Kind, Recognised, recognise

WHEEL = {"thing.py": b"", "thing-1.0.dist-info/METADATA": b"", "thing-1.0.dist-info/WHEEL": b""}


def refused(path: Path) -> InventoryError:
    with pytest.raises(InventoryError) as caught:
        recognise(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"thing-1.0/PKG-INFO": b"", "thing-1.0/thing.py": b""}, Kind.SDIST),
        ({"dist/assets/a.js": b"", "dist/index.html": b""}, Kind.WEB),
    ],
)
def test_an_archive_is_known_by_the_member_that_only_its_kind_has(
    make_tarball: Callable[..., object], tmp_path: Path, files: dict[str, bytes], kind: Kind
) -> None:
    make_tarball("named-like-nothing.gz", files)
    path = tmp_path / "named-like-nothing.gz"
    assert recognise(path) == Recognised(kind, path)


def test_a_wheel_and_a_go_program_are_known_under_any_name(
    make_wheel: Callable[..., object],
    make_go_program: Callable[..., object],
    tmp_path: Path,
) -> None:
    make_wheel("x.zip", WHEEL)
    make_go_program("y.whl", "go1.22", "path\tx\n")
    assert recognise(tmp_path / "x.zip").kind is Kind.WHEEL
    assert recognise(tmp_path / "y.whl").kind is Kind.GO


def test_a_folder_is_one_of_wheels_or_that_in_which_something_is_installed(
    make_wheel: Callable[..., object], tmp_path: Path
) -> None:
    make_wheel("a.whl", WHEEL)
    (tmp_path / "notes.txt").write_text("left alone")
    assert recognise(tmp_path).kind is Kind.WHEELS
    (tmp_path / "folder").mkdir()
    assert recognise(tmp_path / "folder").kind is Kind.ENVIRONMENT


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no kind of artifact that is known"),
        (b"#!/bin/sh\n", "no kind of artifact that is known"),
        (b' {"bomFormat": "CycloneDX"}', "a JSON document"),
        (b"PK\x03\x04 and then nothing", "no readable zip"),
        (b"\x1f\x8b and then nothing", "no readable archive"),
        (gzip.compress(b"no tar"), "no readable archive"),
    ],
)
def test_what_is_nothing_of_that_is_refused_with_the_remedy(
    tmp_path: Path, data: bytes, told: str
) -> None:
    path = tmp_path / "x.whl"
    path.write_bytes(data)
    assert told in refused(path).message


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"package/package.json": b""}, "a package of npm"),
        ({"oci-layout": b""}, "a container image, which workflow-containers describes"),
        ({"a/b/PKG-INFO": b"", "PKG-INFO": b""}, "an archive with neither"),
    ],
)
def test_other_archives_are_refused_with_who_describes_them(
    make_tarball: Callable[..., object], tmp_path: Path, files: dict[str, bytes], told: str
) -> None:
    make_tarball("x.tar.gz", files)
    assert told in refused(tmp_path / "x.tar.gz").message


def test_a_zip_that_is_no_wheel_is_refused(
    make_wheel: Callable[..., object], tmp_path: Path
) -> None:
    make_wheel("x.whl", {"WHEEL": b"", "a/thing.dist-info/WHEEL": b""})
    assert "no wheel" in refused(tmp_path / "x.whl").message


def test_images_are_named_with_the_command_that_describes_them(
    make_tarball: Callable[..., object], tmp_path: Path
) -> None:
    make_tarball("x.oci.tar", {"oci-layout": b"{}"})
    (tmp_path / "layout").mkdir()
    (tmp_path / "layout/oci-layout").write_text("{}")
    for path in (tmp_path / "x.oci.tar", tmp_path / "layout"):
        assert "workflow-containers " in refused(path).remedy


def test_nothing_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "nothing is there" in refused(tmp_path / "none").message
    assert "neither a file nor a folder" in refused(tmp_path / "pipe").message


def test_an_archive_without_end_is_read_to_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "MAX_MEMBERS", 3)
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for number in range(4):
            archive.addfile(tarfile.TarInfo(f"{number}"))
        archive.addfile(tarfile.TarInfo("thing/PKG-INFO"))
    assert "an archive with neither" in refused(path).message
    monkeypatch.setattr(kinds, "MAX_MEMBERS", 4)
    monkeypatch.setattr(kinds, "MAX_UNPACKED", 9)
    with tarfile.open(path, "w:gz") as archive:
        for name in ("large", "thing/PKG-INFO"):
            info = tarfile.TarInfo(name)
            info.size = 10
            archive.addfile(info, io.BytesIO(bytes(10)))
    assert "an archive with neither" in refused(path).message


def test_an_encrypted_or_strange_zip_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../thing.dist-info/WHEEL", b"")
    assert "no wheel" in refused(path).message
