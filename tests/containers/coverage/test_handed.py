from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from support import covered
from support.covered import Shop
from workflow_containers.coverage.check import check
from workflow_containers.coverage.handed import with_debs, with_wheels
from workflow_containers.errors import CoverageError


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return covered.shop(tmp_path)


def folder_of(shop: Shop) -> Path:
    """The packages under names of no meaning."""
    folder = shop.folder / "debs/here"
    folder.mkdir(parents=True)
    for number, data in enumerate(shop.world.mirror.files.values()):
        (folder / f"{number}.deb").write_bytes(data)
    (folder / "another.deb").write_bytes(bytes(len(next(iter(shop.world.mirror.files.values())))))
    os.mkfifo(folder / "endless.deb")
    (folder / "folder.deb").mkdir()
    return folder.parent


def test_packages_are_taken_from_a_folder_by_their_digests(shop: Shop) -> None:
    empty = dataclasses.replace(shop.tools, store=shop.folder / "empty")
    root = shop.world.root
    tools = with_debs(empty, folder_of(shop), shop.definition, root)
    shop.world.mirror.asked.clear()
    found = check(shop.archive, shop.definition, shop.ours, tools)
    assert [each.faults for each in found] == [(), ()]
    assert shop.world.mirror.asked == []


def test_a_package_that_is_not_in_the_folder_is_not_fetched(shop: Shop, tmp_path: Path) -> None:
    empty = dataclasses.replace(shop.tools, store=tmp_path / "empty")
    (tmp_path / "nothing").mkdir()
    tools = with_debs(empty, tmp_path / "nothing", shop.definition, shop.world.root)
    shop.world.mirror.asked.clear()
    with pytest.raises(CoverageError, match=r"libc6 .* can't be fetched: no file in .*nothing has"):
        check(shop.archive, shop.definition, shop.ours, tools)
    assert shop.world.mirror.asked == []


def test_a_folder_that_can_not_be_read_is_told(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/x.deb").symlink_to("nowhere")
    with pytest.raises(CoverageError, match="odd: can't be read"):
        with_debs(shop.tools, tmp_path / "odd", shop.definition, shop.world.root)


def test_pip_is_told_to_look_in_the_folder_alone(shop: Shop, tmp_path: Path) -> None:
    tools = with_wheels(dataclasses.replace(shop.tools, environment={"X": "1"}), tmp_path)
    assert tools.environment == {"X": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
