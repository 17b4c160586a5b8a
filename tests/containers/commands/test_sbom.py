from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulators.archives import Entry, Sketch, archive, layer
from simulators.images import World, world
from support.two_shops import Run
from workflow_containers.building.builder import build_archive
from workflow_containers.definition import load
from workflow_sbom.digest import Digest
from workflow_sbom.formats import schemas


@pytest.fixture(autouse=True)
def image(tmp_path: Path) -> None:
    shop: World = world(tmp_path / "shop")
    definition = load(shop.root / "images/shop.toml")
    build_archive(definition, shop.inputs(), shop.tools(tmp_path / "store"), tmp_path / "new.tar")


def test_what_an_image_is_made_of_is_written_as_of_when_it_was_made(run: Run) -> None:
    found = run("sbom", "new.tar")
    assert found.code == 0
    document = json.loads(found.out)
    assert schemas.faults(document) == ()
    assert document["metadata"]["timestamp"] == "2026-03-04T05:06:07Z"
    names = [each["name"] for each in document["components"]]
    assert "shop" in names
    assert run("sbom", "new.tar").out == found.out


def test_into_a_file_in_the_other_format_with_a_next_step(run: Run, tmp_path: Path) -> None:
    found = run("sbom", "new.tar", "--format", "spdx", "--output", "new.spdx.json")
    assert found.code == 0
    written = (tmp_path / "new.spdx.json").read_bytes()
    assert schemas.faults(json.loads(written)) == ()
    assert found.out.splitlines()[1].split()[0] == "new.spdx.json"
    assert "workflow-sbom check new.spdx.json" in found.err
    told = run("sbom", "new.tar", "--format", "spdx", "--output", "new.spdx.json", "--json").json
    assert told["digest"] == str(Digest.of(written))
    assert told["components"] > 2


def test_a_time_is_stated_or_known_and_never_made_up(run: Run, tmp_path: Path) -> None:
    timeless = Sketch(layers=[layer([Entry(path="x")])], more={"created": "yesterday"})
    archive(tmp_path / "timeless.tar", timeless)
    found = run("sbom", "timeless.tar")
    assert (found.code, found.out) == (2, "")
    assert "no image of it says when it was made" in found.err
    assert "--created TIME" in found.err
    stated = run("sbom", "timeless.tar", "--created", "2026-01-02T03:04:05+01:00")
    assert json.loads(stated.out)["metadata"]["timestamp"] == "2026-01-02T02:04:05Z"


def test_what_is_no_image_is_told_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.tar").write_text("text")
    found = run("sbom", "text.tar", "--output", "out.json")
    assert found.code == 27
    assert not (tmp_path / "out.json").exists()
    absent = run("sbom", "absent.tar")
    assert absent.code != 0
    assert "absent.tar" in absent.err


def test_json_is_for_what_was_written(run: Run) -> None:
    found = run("sbom", "new.tar", "--json")
    assert (found.code, found.out) == (2, "")
    assert "--output FILE" in found.err
