"""Images: what the adapter takes from the commit, what it hands on, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from support.workshops import PROJECT, Bench
from workflow_containers.platform import AMD64
from workflow_release.building.artifacts.image import _given, _tools
from workflow_release.building.artifacts.interface import Mirror
from workflow_release.building.artifacts.python import build_sdist, build_wheel
from workflow_release.building.build import build
from workflow_release.errors import BuildError
from workflow_release.model import Image, Sdist, Wheel

DEFINITION = """\
name = "box"
suite = "trixie"
python = "3.13"
lock = "images/debian.lock.json"
requirements = "images/box.txt"
platforms = ["linux/amd64"]
packages = ["base-files"]
entrypoint = ["/usr/bin/python3"]

[[wheels]]
name = "thing"
project = "thing"
"""
IMAGE = Image(
    name="box",
    definition=PurePosixPath("images/box.toml"),
    platforms=(AMD64,),
    wheels=("thing",),
)
SDIST = Sdist(distribution="thing", project=PurePosixPath("thing"))
WHEEL = Wheel(distribution="thing", project=PurePosixPath("thing"))
RECIPES = (SDIST, WHEEL, IMAGE)
LOCKED = {"images/debian.lock.json": "{}", "images/box.txt": ""}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(scratch=tmp_path / "bench")


def refusal(bench: Bench, repository: GitRepository, **files: str) -> BuildError:
    repository.commit("feat: x", **{**PROJECT, **files})
    with pytest.raises(BuildError) as told:
        build(bench.workshop(repository, *RECIPES))
    assert bench.told.which("made") == {"sdist:thing", "wheel:thing"}
    assert told.value.remedy
    return told.value


def test_a_definition_that_is_not_committed_is_told(
    bench: Bench, repository: GitRepository
) -> None:
    repository.write("images/.gitignore", "box.toml\n")
    repository.write("images/box.toml", DEFINITION)
    assert "images/box.toml: not in the commit" in refusal(bench, repository).message


@pytest.mark.parametrize("missing", LOCKED)
def test_a_lock_that_is_not_committed_is_told(
    bench: Bench, repository: GitRepository, missing: str
) -> None:
    files = {name: text for name, text in LOCKED.items() if name != missing}
    error = refusal(bench, repository, **{"images/box.toml": DEFINITION}, **files)
    assert missing in error.message


@pytest.mark.parametrize("text", ["name = ", 'nmae = "box"\n', "\x00"])
def test_a_definition_that_is_none_is_told(
    bench: Bench, repository: GitRepository, text: str
) -> None:
    error = refusal(bench, repository, **{"images/box.toml": text}, **LOCKED)
    assert "image:box: images/box.toml: " in error.message


def test_a_lock_that_is_none_is_told(bench: Bench, repository: GitRepository) -> None:
    files = {"images/box.toml": DEFINITION, **LOCKED}
    assert "image:box: images/box.toml: " in refusal(bench, repository, **files).message


def test_an_image_is_given_this_releases_wheels_and_the_commit(
    bench: Bench, repository: GitRepository, tmp_path: Path
) -> None:
    repository.commit("feat: x", **PROJECT)
    shop = bench.workshop(repository, *RECIPES)
    source = replace(shop.plan.source, repository="https://example.org/thing")
    shop = replace(shop, plan=replace(shop.plan, source=source))
    sdist = build_sdist(SDIST, shop, {})
    wheel = build_wheel(WHEEL, shop, {"sdist:thing": sdist})
    given = _given(IMAGE, shop, {"wheel:thing": wheel}, tmp_path)
    assert given.version == "1.2.3-dev.4"
    assert given.created == source.committed_at
    assert given.wheels == {"thing": wheel.artifact.path}
    assert given.annotations == {
        "org.opencontainers.image.revision": source.commit,
        "org.opencontainers.image.source": "https://example.org/thing",
    }


def test_a_named_mirror_comes_before_the_machines(bench: Bench, repository: GitRepository) -> None:
    repository.commit("feat: x", **PROJECT)
    bench.environment = {"GITHUB_TOKEN": "secret"}
    shop = replace(
        bench.workshop(repository),
        mirror=Mirror(debian="http://one.example.org", security="http://two.example.org"),
    )
    tools = _tools(shop)
    assert "one.example.org" in str(tools.mirrors)
    assert "two.example.org" in str(tools.mirrors)
    assert "GITHUB_TOKEN" not in tools.environment
