"""A plan from what is known: pure, and everything against it told at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest

from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_release.errors import PlanError
from workflow_release.model import (
    DirectoryTarget,
    GoBinary,
    Image,
    Plan,
    Recipe,
    Sdist,
    UiBundle,
    Wheel,
)
from workflow_release.planning.config import Config, DirectoryTable, InRepository
from workflow_release.planning.plan import document, expected_name, make_plan, platforms_of
from workflow_release.repository.git import Commit
from workflow_release.repository.history import History
from workflow_release.source import Source
from workflow_release.version import Version

ROOT = PurePosixPath()
SDIST = Sdist(distribution="My.Thing", project=ROOT)
WHEEL = Wheel(distribution="My.Thing", project=ROOT)
UI = UiBundle(name="face", project=ROOT)
IMAGE = Image(name="box", definition=PurePosixPath("box.toml"), platforms=(AMD64, ARM64))
HISTORY = History(
    source=Source(
        commit="c" * 40,
        committed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        tag=None,
        refused_tags=("v1.2",),
        branch="main",
        on_main=True,
        clean=True,
        repository="https://example.org/acme/thing",
    ),
    tagged=None,
    previous=Version.parse("1.2.3"),
    distance=4,
    released=(Version.parse("1.2.3"),),
    commits=(Commit("c" * 40, (), 0, b"feat(core): more\n"),),
)


def go(platform: Platform, name: str = "tool") -> GoBinary:
    return GoBinary(
        name=name, project=ROOT, package=".", variable="main.version", platform=platform
    )


def planned(*recipes: Recipe, config: Config | None = None) -> Plan:
    return make_plan("thing", config or Config(), HISTORY, recipes)


def against(*recipes: Recipe, config: Config | None = None) -> PlanError:
    with pytest.raises(PlanError) as caught:
        planned(*recipes, config=config)
    return caught.value


def test_the_history_and_the_configuration_become_a_plan() -> None:
    plan = planned(SDIST, WHEEL)
    assert str(plan.version) == "1.3.0-dev.4"
    assert plan.source is HISTORY.source
    assert (plan.previous, plan.released) == (HISTORY.previous, HISTORY.released)
    assert [change.summary for change in plan.changes] == ["more"]
    assert plan.recipes == (SDIST, WHEEL)
    assert plan.targets == (DirectoryTarget(path=PurePosixPath("dist")),)


def test_nothing_to_make_is_refused() -> None:
    error = against()
    assert error.message.startswith("nothing to release: ")
    assert "[[artifact]]" in error.remedy


def test_nowhere_to_go_is_refused() -> None:
    error = against(SDIST, config=Config(target=()))
    assert error.message == "nowhere to go: release.toml declares no target"


def test_everything_is_told_at_once() -> None:
    error = against(SDIST, SDIST, replace(IMAGE, wheels=("a", "b")), config=Config(target=()))
    assert error.message.splitlines() == [
        "nowhere to go: release.toml declares no target",
        "two artifacts are called sdist:My.Thing",
        "image:box needs wheel:a, which is not part of this release",
        "image:box needs wheel:b, which is not part of this release",
    ]
    assert error.remedy.count("declare the missing ones") == 1


@pytest.mark.parametrize(
    ("one", "other", "file"),
    [
        (SDIST, replace(SDIST, distribution="my_thing"), "my_thing-1.3.0.dev4.tar.gz"),
        (UI, replace(UI, name="FACE"), "face-1.3.0-dev.4.tar.gz"),
    ],
)
def test_two_artifacts_of_one_file_are_refused(one: Recipe, other: Recipe, file: str) -> None:
    assert against(one, other).message == f"two artifacts would be the file {file}"


def test_a_distribution_and_an_interface_collide_only_where_their_versions_read_alike() -> None:
    ui = replace(UI, name="my_thing")
    planned(SDIST, ui)
    stable = replace(HISTORY, tagged=Version.parse("2.0.0"))
    with pytest.raises(PlanError, match=r"would be the file my_thing-2\.0\.0\.tar\.gz"):
        make_plan("thing", Config(), stable, (SDIST, ui))


@pytest.mark.parametrize(
    ("recipe", "name", "platforms"),
    [
        (SDIST, "my_thing-1.3.0.dev4.tar.gz", ("any",)),
        (WHEEL, "my_thing-1.3.0.dev4-*.whl", ("any",)),
        (UI, "face-1.3.0-dev.4.tar.gz", ("any",)),
        (IMAGE, "box-1.3.0-dev.4.oci.tar", ("linux/amd64", "linux/arm64")),
        (go(ARM64), "tool-1.3.0-dev.4-linux-arm64", ("linux/arm64",)),
        (
            go(Platform("windows", "amd64")),
            "tool-1.3.0-dev.4-windows-amd64.exe",
            ("windows/amd64",),
        ),
    ],
)
def test_the_file_and_the_platforms_of_each_kind(
    recipe: Recipe, name: str, platforms: tuple[str, ...]
) -> None:
    assert expected_name(recipe, Version.parse("1.3.0-dev.4")) == name
    assert platforms_of(recipe) == platforms


def test_the_document_is_json_and_its_matrix_has_an_entry_a_file_and_platform() -> None:
    config = Config(
        target=(DirectoryTable(kind="directory", path=InRepository(PurePosixPath("out"))),)
    )
    plan = planned(SDIST, WHEEL, IMAGE, go(AMD64), config=config)
    shown = json.loads(json.dumps(document(plan)))
    assert shown["matrix"] == {
        "include": [
            {"artifact": "sdist:My.Thing", "platform": "any"},
            {"artifact": "wheel:My.Thing", "platform": "any"},
            {"artifact": "image:box", "platform": "linux/amd64"},
            {"artifact": "image:box", "platform": "linux/arm64"},
            {"artifact": "go:tool:linux/amd64", "platform": "linux/amd64"},
        ]
    }
    assert shown["version"] == {
        "semver": "1.3.0-dev.4",
        "pep440": "1.3.0.dev4",
        "oci": "1.3.0-dev.4",
        "npm": "1.3.0-dev.4",
        "deb": "1.3.0~dev.4",
        "file": "1.3.0-dev.4",
    }
    assert shown["artifacts"][1] == {
        "id": "wheel:My.Thing",
        "kind": "wheel",
        "file": "my_thing-1.3.0.dev4-*.whl",
        "platforms": ["any"],
        "needs": ["sdist:My.Thing"],
    }
    assert shown["targets"] == [{"kind": "directory", "location": "out/1.3.0-dev.4/"}]
    assert shown["source"]["refused_tags"] == ["v1.2"]
    assert shown["changes"] == [
        {
            "commit": "c" * 40,
            "kind": "feat",
            "scope": "core",
            "breaking": False,
            "summary": "more",
        }
    ]
    assert (shown["publishable"], shown["previous"]) == (True, "1.2.3")
