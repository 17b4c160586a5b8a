"""What explains the artifacts of a real project, and what is caught."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import pytest

from support.desk import PROJECT
from support.git_repository import GitRepository
from support.workshops import Bench
from workflow_release.building.artifacts.interface import Workshop
from workflow_release.building.build import build
from workflow_release.judging.examining.coverage import Explaining
from workflow_release.model import Artifact, Recipe, Sdist, Wheel
from workflow_sbom.digest import Digest

SDIST = Sdist(distribution="thing", project=PurePosixPath())
WHEEL = Wheel(distribution="thing", project=PurePosixPath())
LIES = """
    with open("thing.py") as module:
        files["made.py"] = (module.read() + "# made\\n").encode()
"""
RANDOM = """
    import os
    files["made.py"] = os.urandom(8).hex().encode()
"""
AT = '    rows = "".join('


@dataclass(frozen=True)
class Built:
    """What was built, and who goes through it."""

    bench: Bench
    shop: Workshop
    artifacts: dict[str, Artifact]

    def left(self, recipe: Recipe, artifact: Artifact | None = None) -> tuple[str, ...]:
        explain = Explaining(shop=self.shop, artifacts=tuple(self.artifacts.values()))
        return explain(artifact or self.artifacts[recipe.id], recipe)

    @property
    def notes(self) -> set[str]:
        return {each for each in self.bench.told.which("note") if "built again" in each}


def built(scratch: Path, repository: GitRepository, more: str = "") -> Built:
    backend = PROJECT["backend.py"].replace(AT, more + AT)
    repository.commit("feat: x", **{**PROJECT, "backend.py": backend})
    bench = Bench(scratch=scratch / "bench")
    shop = bench.workshop(repository, SDIST, WHEEL)
    return Built(bench, shop, {each.recipe: each for each in build(shop)})


@pytest.fixture
def good(tmp_path: Path, repository: GitRepository) -> Built:
    return built(tmp_path, repository)


@pytest.mark.parametrize("recipe", [SDIST, WHEEL])
def test_what_a_project_makes_of_its_commit_is_explained(good: Built, recipe: Recipe) -> None:
    assert good.left(recipe) == ()
    assert good.notes == set()


def test_what_no_rule_knows_is_explained_when_the_build_makes_it_again(
    tmp_path: Path, repository: GitRepository
) -> None:
    made = built(tmp_path, repository, LIES)
    assert made.left(WHEEL) == ()
    assert made.notes == {
        "thing-1.2.3.dev4-py3-none-any.whl: built again, for no rule knows all that is in it"
    }
    assert made.left(SDIST) == ()


def test_what_the_build_does_not_make_again_is_not_explained(
    tmp_path: Path, repository: GitRepository
) -> None:
    (left,) = built(tmp_path, repository, RANDOM).left(WHEEL)
    assert left.startswith("made.py: nothing that the commit tracks")


def planted(artifact: Artifact, folder: Path) -> Artifact:
    """The source distribution with a file more."""
    path = folder / artifact.name
    with tarfile.open(artifact.path) as old, tarfile.open(path, "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
        info = tarfile.TarInfo("thing-1.2.3.dev4/planted.py")
        info.size = 1
        new.addfile(info, io.BytesIO(b"#"))
    return replace(artifact, path=path, digest=Digest.of(path.read_bytes()))


def test_a_file_that_was_planted_after_the_build_is_caught(good: Built, tmp_path: Path) -> None:
    bad = planted(good.artifacts[SDIST.id], tmp_path)
    (left,) = good.left(SDIST, bad)
    assert left.startswith("thing-1.2.3.dev4/planted.py: nothing that the commit tracks")


def test_what_cannot_be_read_is_told_and_not_explained(good: Built, tmp_path: Path) -> None:
    artifact = good.artifacts[WHEEL.id]
    path = tmp_path / artifact.name
    path.write_bytes(b"no wheel")
    (left,) = good.left(WHEEL, replace(artifact, path=path))
    assert left.startswith("it can't be gone through: ")


def test_a_wheel_whose_source_nobody_planned_is_not_explained(good: Built) -> None:
    plan = replace(good.shop.plan, recipes=(WHEEL,))
    alone = Built(good.bench, replace(good.shop, plan=plan), good.artifacts)
    (left,) = alone.left(WHEEL)
    assert left.startswith("it can't be gone through: ")
