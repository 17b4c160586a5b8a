"""This repository's own wheels and source distributions, really built: nothing is unexplained."""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from support.git_repository import GitRepository
from support.repositories import head_as_main
from support.workshops import Bench
from workflow_release.building.build import build
from workflow_release.building.origins import STAMPED, origin_of
from workflow_release.building.toolchain import embedded
from workflow_release.model import Sdist, Wheel
from workflow_sbom.coverage.ledger import Ledger
from workflow_sbom.coverage.origin import Origin
from workflow_sbom.coverage.sdists import cover_sdist
from workflow_sbom.coverage.wheels import cover_wheel

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = (
    "containers",
    "release",
    "sbom",
    "workflow/engine",
    "workflow/migrate",
    "workflow/wfctl",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built of one project, and what it was made from."""

    origin: Origin
    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Built]:
    folder = tmp_path_factory.mktemp("built")
    repository = GitRepository(head_as_main(ROOT, folder / "repository"))
    sdists = {
        project: Sdist(distribution=named(project), project=PurePosixPath(project))
        for project in PROJECTS
    }
    wheels = {
        project: Wheel(distribution=each.distribution, project=each.project)
        for project, each in sdists.items()
    }
    bench = Bench(scratch=folder / "bench", backends=embedded("build"))
    shop = bench.workshop(repository, *sdists.values(), *wheels.values())
    paths = {artifact.recipe: artifact.path for artifact in build(shop)}
    return {
        project: Built(
            origin=origin_of(sdist, shop),
            sdist=paths[sdist.id],
            wheel=paths[wheels[project].id],
        )
        for project, sdist in sdists.items()
    }


def named(project: str) -> str:
    table = tomllib.loads((ROOT / project / "pyproject.toml").read_text(encoding="utf-8"))
    return str(table["project"]["name"])


def unexplained(ledger: Ledger) -> dict[str, str]:
    return {entry.path: why.reason for entry, why in ledger.unexplained()}


@pytest.mark.parametrize("project", PROJECTS)
def test_every_entry_of_both_is_explained(built: Mapping[str, Built], project: str) -> None:
    made = built[project]
    wheel = cover_wheel(made.wheel, origin=made.origin)
    sdist = cover_sdist(made.sdist, made.origin)
    assert unexplained(wheel) == {}
    assert unexplained(sdist) == {}
    for ledger in (wheel, sdist):
        assert ledger.owners()[made.origin.owner] > len(ledger.lines) / 2
        assert ledger.rules()[STAMPED] >= 1
    assert unexplained(cover_wheel(made.wheel)) == {}


def test_a_file_that_only_its_own_record_knows_is_caught(
    built: Mapping[str, Built], tmp_path: Path
) -> None:
    """Whoever can plant a file can list it in RECORD, too; the commit has none such."""
    made = built["sbom"]
    planted = tmp_path / made.wheel.name
    data = b"import os\n"
    with zipfile.ZipFile(made.wheel) as old, zipfile.ZipFile(planted, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("/RECORD"):
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
                content += b"workflow_sbom/extra.py,sha256=%b,10\n" % digest
            new.writestr(name, content)
        new.writestr("workflow_sbom/extra.py", data)
    assert unexplained(cover_wheel(planted)) == {}
    assert list(unexplained(cover_wheel(planted, origin=made.origin))) == ["workflow_sbom/extra.py"]
