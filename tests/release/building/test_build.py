"""Plan to artifacts: parallel, cached, failures kept apart and told whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from support.workshops import GO, PROJECT, Bench, named
from workflow_containers.platform import AMD64, ARM64, Platform
from workflow_release.building.build import build
from workflow_release.errors import BuildError
from workflow_release.model import GoBinary, Recipe, Sdist, Wheel
from workflow_sbom.digest import Digest

SDIST = Sdist(distribution="thing", project=PurePosixPath("thing"))
WHEEL = Wheel(distribution="thing", project=PurePosixPath("thing"))


def go(name: str, platform: Platform = AMD64) -> GoBinary:
    return GoBinary(
        name=name,
        project=PurePosixPath(name),
        package=".",
        variable="main.version",
        platform=platform,
    )


def module(name: str, text: str = "package main\n") -> dict[str, str]:
    return {f"{name}/go.mod": "module x\n\ngo 1.21\n", f"{name}/main.go": text}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(scratch=tmp_path / "bench")
    made.program("go", f"SAID={tmp_path}/said\n{GO}")
    return made


@pytest.fixture
def project(repository: GitRepository) -> GitRepository:
    repository.commit("feat: x", **PROJECT, **module("tool"), **module("other"))
    return repository


RECIPES: tuple[Recipe, ...] = (WHEEL, SDIST, go("tool"), go("tool", ARM64), go("other"))
NAMES = [
    "thing-1.2.3.dev4-py3-none-any.whl",
    "thing-1.2.3.dev4.tar.gz",
    "tool-1.2.3-dev.4-linux-amd64",
    "tool-1.2.3-dev.4-linux-arm64",
    "other-1.2.3-dev.4-linux-amd64",
]


def test_every_recipe_becomes_an_artifact_in_the_plans_order(
    bench: Bench, project: GitRepository
) -> None:
    shop = bench.workshop(project, *RECIPES)
    made = build(shop)
    assert [artifact.name for artifact in made] == NAMES
    assert [artifact.recipe for artifact in made] == [recipe.id for recipe in RECIPES]
    assert bench.told.which("made") == {recipe.id for recipe in RECIPES}
    assert bench.told.which("expect") == {"5"}


def test_a_second_run_builds_nothing_and_gives_the_same(
    bench: Bench, project: GitRepository
) -> None:
    first = build(bench.workshop(project, *RECIPES))
    bench.program("go", '[ "$1" = version ] && echo "go version go1.30.1 linux/amd64" || exit 9')
    second = build(bench.workshop(project, *RECIPES))
    assert second == first
    assert bench.told.which("made") == set()
    assert bench.told.which("reused") == {recipe.id for recipe in RECIPES}


def test_a_commit_makes_again_only_what_contains_it(bench: Bench, project: GitRepository) -> None:
    build(bench.workshop(project, *RECIPES))
    project.commit("fix: y", **{"other/main.go": "package main // changed\n", "README.md": ""})
    build(bench.workshop(project, *RECIPES))
    assert bench.told.which("made") == {"go:other:linux/amd64"}


def test_another_version_makes_everything_again(bench: Bench, project: GitRepository) -> None:
    build(bench.workshop(project, *RECIPES))
    build(bench.workshop(project, *RECIPES, version="1.2.3"))
    assert bench.told.which("reused") == set()


def test_a_changed_toolkit_makes_everything_again(bench: Bench, project: GitRepository) -> None:
    build(bench.workshop(project, *RECIPES))
    shop = replace(bench.workshop(project, *RECIPES), toolkit=Digest.of(b"another"))
    build(shop)
    assert bench.told.which("reused") == set()


def test_uncommitted_changes_are_not_built(bench: Bench, project: GitRepository) -> None:
    (project.folder / "tool" / "main.go").write_text("uncommitted")
    (artifact,) = build(bench.workshop(project, go("tool")))
    assert artifact.path.read_text() == "package main\n"


def test_only_returns_what_was_asked_for_and_builds_what_it_needs(
    bench: Bench, project: GitRepository
) -> None:
    made = build(bench.workshop(project, *RECIPES), frozenset({"wheel:thing"}))
    assert list(named(made)) == [NAMES[0]]
    assert bench.told.which("made") == {"wheel:thing", "sdist:thing"}


def test_a_failure_stops_its_dependents_and_not_the_others(
    bench: Bench, repository: GitRepository
) -> None:
    broken = dict(PROJECT)
    broken["thing/backend.py"] = "def build_sdist(*_): raise SystemExit('no disk')\n"
    repository.commit("feat: x", **broken, **module("tool"), **module("other"))
    repository.commit("feat: y", **{"tool/fail": ""})
    shop = bench.workshop(repository, *RECIPES)
    with pytest.raises(BuildError) as told:
        build(shop)
    assert bench.told.which("made") == {"go:other:linux/amd64"}
    assert bench.told.which("skipped") == {"wheel:thing because of sdist:thing"}
    assert bench.told.which("failed") == {
        "sdist:thing", "go:tool:linux/amd64", "go:tool:linux/arm64",
    }  # fmt: skip
    lines = told.value.message.splitlines()
    assert lines[0] == "wheel:thing: not tried, sdist:thing failed"
    assert "  | no disk" in lines
    assert "go:tool:linux/amd64: go:tool:linux/amd64: `go build` failed with exit code 2" in lines
    log = shop.log("go:tool:linux/amd64")
    assert f"  whole log: {log}" in lines
    assert lines[-4:] == [
        "  | first line", "  | cannot\\x07 compile", "  | progress",
        f"  whole log: {shop.log('go:tool:linux/arm64')}",
    ]  # fmt: skip
    assert "\x1b" not in told.value.message
    assert told.value.remedy


def test_a_log_is_of_this_run_alone(bench: Bench, project: GitRepository) -> None:
    shop = bench.workshop(project, go("tool"))
    shop.log("go:tool:linux/amd64").write_text("an earlier run\n")
    project.commit("fix: y", **{"tool/fail": ""})
    with pytest.raises(BuildError) as told:
        build(bench.workshop(project, go("tool")))
    assert "an earlier run" not in told.value.message


def test_a_long_log_is_shown_by_its_end(bench: Bench, project: GitRepository) -> None:
    bench.program(
        "go",
        '[ "$1" = version ] && echo "go version go1.30.1 linux/amd64" && exit\n'
        "seq 1 200000; exit 1",
    )
    with pytest.raises(BuildError) as told:
        build(bench.workshop(project, go("tool")))
    shown = [line for line in told.value.message.splitlines() if line.startswith("  | ")]
    assert shown[-1] == "  | 200000"
    assert len(shown) == 15


def test_a_disk_that_fails_is_told_and_a_fault_of_ours_is_not_hidden(
    bench: Bench, project: GitRepository
) -> None:
    shop = bench.workshop(project, go("tool"))
    (shop.cache.root / "files").write_text("in the way")
    with pytest.raises(BuildError, match=r"go:tool:linux/amd64: .*Not a directory"):
        build(shop)


def test_nothing_to_build_is_nothing(bench: Bench, project: GitRepository) -> None:
    assert build(bench.workshop(project)) == ()
