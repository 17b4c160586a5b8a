"""Images: what the adapter takes from the commit, what it hands on, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from simulators.images import locked, world
from support.git_repository import GitRepository
from support.workshops import PROJECT, Bench
from workflow_containers.building.builder import build_archive
from workflow_containers.debian.changes import Change
from workflow_containers.debian.holding import Renewal
from workflow_containers.definition import load
from workflow_containers.oci.image import RENEWED_LOCK
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64
from workflow_release.building.artifacts.image import (
    _given,
    _lock,
    _renewal,
    tools_of,
)
from workflow_release.building.artifacts.interface import Mirror
from workflow_release.building.artifacts.python import build_sdist, build_wheel
from workflow_release.building.build import build
from workflow_release.building.staging import Tracked
from workflow_release.errors import BuildError
from workflow_release.model import Image, Sdist, Wheel
from workflow_release.version import Version
from workflow_sbom.digest import Digest

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
    tools = tools_of(shop)
    assert "one.example.org" in str(tools.mirrors())
    assert "two.example.org" in str(tools.mirrors())
    assert "GITHUB_TOKEN" not in tools.environment


@pytest.mark.parametrize(
    ("version", "policy"),
    [("1.2.3", "strict"), ("1.2.3-rc.1", "re-resolve"), ("1.2.3-dev.4", "re-resolve")],
)
def test_only_a_pre_release_may_resolve_again(
    bench: Bench, repository: GitRepository, version: str, policy: str
) -> None:
    repository.commit("feat: x", **PROJECT)
    bench.environment = {"WORKFLOW_DEBIAN_MIRROR": "http://one.example.org/debian"}
    shop = bench.workshop(repository)
    shop = replace(shop, plan=replace(shop.plan, version=Version.parse(version)))
    assert tools_of(shop).policy == policy


def renewal(count: int) -> Renewal:
    before, after = (locked(b"x", "tzdata", version=each) for each in ("2026a-1", "2026b-1"))
    change = Change(platform=AMD64, name="tzdata", before=before, after=after)
    return Renewal(lock=Digest("a" * 64), changes=(change,) * count)


def test_what_was_resolved_again_is_told() -> None:
    assert _renewal(IMAGE, renewal(1)) == (
        "image:box: the mirror no longer has what is locked; resolved again, as"
        f" sha256:{'a' * 64}: tzdata 2026a-1 → 2026b-1 (linux/amd64)"
    )
    assert _renewal(IMAGE, renewal(15)).endswith("(linux/amd64), and 5 more")


def renewed_in(path: Path) -> Digest | None:
    with Layout(path) as layout:
        return layout.images[0].renewed_lock


def test_the_archive_tells_which_lock_it_is_of_and_that_lock_is_recorded(tmp_path: Path) -> None:
    shop = world(tmp_path / "repository")
    path = tmp_path / "shop.tar"
    defined = load(shop.root / "images/shop.toml")
    store, inputs = tmp_path / "store", shop.inputs()
    build_archive(defined, inputs, shop.tools(store), path)
    assert renewed_in(path) is None

    digest = Digest.of(b"another lock")
    noted = {**inputs.annotations, RENEWED_LOCK: str(digest)}
    build_archive(defined, replace(inputs, annotations=noted), shop.tools(store), path)
    assert renewed_in(path) == digest
    tracked = [
        Tracked(path=PurePosixPath(name), mode="100644", id="0" * 40)
        for name in ("images/debian.lock.json", "images/shop.txt")
    ]
    debian, wheels = (_lock(each, shop.root, defined, digest) for each in tracked)
    assert (debian.name, debian.digest) == ("images/debian.lock.json (re-resolved)", digest)
    assert (debian.is_renewed, wheels.is_renewed) == (True, False)
    assert _lock(tracked[0], shop.root, defined, None).name == "images/debian.lock.json"
