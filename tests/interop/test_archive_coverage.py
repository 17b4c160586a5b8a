"""This repository's own wheels, source distributions and interface, really built: all explained."""

from __future__ import annotations

import base64
import hashlib
import shutil
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import pytest

from support.absent import absent
from support.git_repository import GitRepository
from support.repositories import head_as_main
from support.workshops import Bench
from workflow_release.building.build import build
from workflow_release.building.origins import (
    DOCUMENT,
    STAMPED,
    interface_origin_of,
    origin_of,
    with_document,
)
from workflow_release.building.toolchain import embedded
from workflow_release.model import Sdist, UiBundle, Wheel
from workflow_release.planning.publisher import SbomTable, Standing
from workflow_sbom.coverage.interfaces import FOLDER, VERSION, InterfaceOrigin, cover_interface
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
    """What was built of one project, and what the two were made from."""

    origin: Origin
    wheel_origin: Origin
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
    shop = replace(shop, standing=Standing(sbom=SbomTable(sharing="CLEAR")))
    paths = {artifact.recipe: artifact.path for artifact in build(shop)}
    found = {}
    for project, sdist in sdists.items():
        origin, wheel = origin_of(sdist, shop), paths[wheels[project].id]
        found[project] = Built(
            origin=origin,
            wheel_origin=with_document(origin, wheel, shop),
            sdist=paths[sdist.id],
            wheel=wheel,
        )
    return found


@pytest.fixture(scope="module")
def interface(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, InterfaceOrigin]:
    """The interface's archive as a release makes it, and what it was made from."""
    if shutil.which("npm") is None:
        absent("no npm: install Node 20.19 or later")
    folder = tmp_path_factory.mktemp("interface")
    repository = GitRepository(head_as_main(ROOT, folder / "repository"))
    recipe = UiBundle(name="workflow-admin-ui", project=PurePosixPath("workflow/admin-ui"))
    shop = Bench(scratch=folder / "bench").workshop(repository, recipe)
    (artifact,) = build(shop)
    return artifact.path, interface_origin_of(recipe, artifact, shop)


def test_every_file_of_the_interface_is_explained(interface: tuple[Path, InterfaceOrigin]) -> None:
    path, source = interface
    ledger = cover_interface(path, source)
    assert unexplained(ledger) == {}
    assert ledger.rules() == {FOLDER: 2, VERSION: 1}
    assert ledger.owners() == {f"the build of {source.origin.owner}": 4}


def named(project: str) -> str:
    table = tomllib.loads((ROOT / project / "pyproject.toml").read_text(encoding="utf-8"))
    return str(table["project"]["name"])


def unexplained(ledger: Ledger) -> dict[str, str]:
    return {entry.path: why.reason for entry, why in ledger.unexplained()}


@pytest.mark.parametrize("project", PROJECTS)
def test_every_entry_of_both_is_explained(built: Mapping[str, Built], project: str) -> None:
    made = built[project]
    wheel = cover_wheel(made.wheel, origin=made.wheel_origin)
    sdist = cover_sdist(made.sdist, made.origin)
    assert unexplained(wheel) == {}
    assert unexplained(sdist) == {}
    for ledger in (wheel, sdist):
        assert ledger.owners()[made.origin.owner] >= len(ledger.lines) / 2
        assert ledger.rules()[STAMPED] >= 1
    assert wheel.rules()[DOCUMENT] == 1
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
                content += b"workflow_sbom/extra.py,sha256=%b,10\n" % encoded(data)
            new.writestr(name, content)
        new.writestr("workflow_sbom/extra.py", data)
    assert unexplained(cover_wheel(planted)) == {}
    assert list(unexplained(cover_wheel(planted, origin=made.wheel_origin))) == [
        "workflow_sbom/extra.py"
    ]


def test_a_document_that_says_other_things_is_caught(
    built: Mapping[str, Built], tmp_path: Path
) -> None:
    made = built["workflow/wfctl"]
    forged = tmp_path / made.wheel.name
    with zipfile.ZipFile(made.wheel) as old, zipfile.ZipFile(forged, "w") as new:
        contents = {name: old.read(name) for name in old.namelist()}
        (document,) = (name for name in contents if name.endswith(".cdx.json"))
        (record,) = (name for name in contents if name.endswith("/RECORD"))
        was, now = contents[document], contents[document].replace(b"CycloneDX", b"CycloneDx")
        contents |= {document: now, record: contents[record].replace(encoded(was), encoded(now))}
        for name, data in contents.items():
            new.writestr(name, data)
    assert unexplained(cover_wheel(forged)) == {}
    assert list(unexplained(cover_wheel(forged, origin=made.wheel_origin))) == [document]


def encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
