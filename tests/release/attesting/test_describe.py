"""Artifacts to their SBOMs: one each and one for all, from bytes and locks, kept by digest."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import workflow_sbom
from support import built
from support.candidates import FILES, IMAGE, SDIST, UI, WHEEL, artifact
from support.git_repository import GitRepository
from support.package_index import offering
from support.workshops import Bench
from workflow_containers.platform import AMD64
from workflow_release.attesting.describe import Described, describe, form_of, tool_version
from workflow_release.building.artifacts.interface import LockFile, Workshop
from workflow_release.errors import BuildError
from workflow_release.model import Artifact, File, GoBinary, Recipe
from workflow_release.planning.publisher import PublisherTable, Standing
from workflow_sbom.digest import measure_file

PACKAGE: dict[str, Any] = {"name": "face", "version": "0.0.0", "dependencies": {"left": "1.0.0"}}
LOCK: dict[str, Any] = {
    "name": "face",
    "version": "0.0.0",
    "lockfileVersion": 3,
    "packages": {
        "": PACKAGE,
        "node_modules/left": {
            "version": "1.0.0",
            "license": "MIT",
            "integrity": "sha512-" + "A" * 86 + "==",
        },
    },
}
GO = GoBinary(name="tool", project=UI.project, package=".", variable="main.version", platform=AMD64)
ROOT = Path(__file__).resolve().parents[3]
MODULES = {"modules": ["node_modules/left/index.js"]}


@pytest.fixture
def project(repository: GitRepository) -> GitRepository:
    files = {"ui/package.json": json.dumps(PACKAGE), "ui/package-lock.json": json.dumps(LOCK)}
    repository.commit("feat: x", **files)
    return repository


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(scratch=tmp_path / "bench")


def made(tmp_path: Path, *recipes: Recipe) -> tuple[Artifact, ...]:
    return tuple(artifact(recipe, FILES[recipe.id][1], tmp_path) for recipe in recipes)


def shop_of(bench: Bench, project: GitRepository, *recipes: Recipe) -> Workshop:
    return bench.workshop(project, *recipes, version="1.2.3")


def document(content: bytes | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(content or b"")
    return found


def texts(described: Described) -> list[bytes | None]:
    return [each.content for each in (*described.sboms, described.release)]


def test_every_artifact_has_its_sbom_and_the_release_one_of_all(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    recipes = (WHEEL, SDIST, UI)
    artifacts = made(tmp_path, *recipes)
    described = describe(artifacts, shop_of(bench, project, *recipes), None)
    assert [file.name for file in described.sboms] == [
        "thing-1.2.3-py3-none-any.whl.cdx.json",
        "thing-1.2.3.tar.gz.cdx.json",
        "face-1.2.3.tar.gz.cdx.json",
    ]
    assert described.release.name == "thing-1.2.3.cdx.json"
    for each, sbom in zip(artifacts, described.sboms, strict=True):
        subject = document(sbom.content)["metadata"]["component"]
        assert {"alg": "SHA-256", "content": each.digest.hex} in subject["hashes"]
    whole = described.release.content or b""
    assert all(each.digest.hex.encode() in whole for each in artifacts)


def test_an_interface_is_described_by_the_commits_lock(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    described = describe(made(tmp_path, UI), shop_of(bench, project, UI), None)
    assert "pkg:npm/left@1.0.0" in (described.sboms[0].content or b"").decode()


STANDING = Standing(publisher=PublisherTable(name="The team", url="https://example.org/"))


def test_who_made_them_and_of_which_commit_is_in_all_of_them(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    artifacts = made(tmp_path, WHEEL, UI)
    shop = shop_of(bench, project, WHEEL, UI)
    source = replace(shop.plan.source, repository="https://example.org/thing")
    shop = replace(shop, plan=replace(shop.plan, source=source), standing=STANDING)
    described = describe(artifacts, shop, None)
    team = {"name": "The team", "url": ["https://example.org/"]}
    vcs = {"type": "vcs", "url": f"git+https://example.org/thing@{source.commit}"}
    for content in texts(described):
        metadata = document(content)["metadata"]
        assert metadata["authors"] == [{"name": "The team"}]
        assert (metadata["supplier"], metadata["manufacturer"]) == (team, team)
        subject = metadata["component"]
        assert (subject["supplier"], subject["manufacturer"]) == (team, team)
        assert vcs in subject["externalReferences"]
    names = {each["name"]: each["value"] for each in subject_of(described.sboms[0])["properties"]}
    assert names["bsi:component:filename"] == artifacts[0].name
    assert "properties" not in document(described.release.content)["metadata"]["component"]
    other = replace(shop, standing=Standing())
    assert texts(describe(artifacts, other, None)) != texts(described)


def subject_of(file: File) -> dict[str, Any]:
    found: dict[str, Any] = document(file.content)["metadata"]["component"]
    return found


def test_a_tool_that_releases_itself_is_of_the_release_it_makes(
    bench: Bench, project: GitRepository
) -> None:
    shop = shop_of(bench, project, WHEEL)
    assert tool_version(shop) == workflow_sbom.__version__
    ours = replace(shop, repository=replace(shop.repository, folder=ROOT))
    assert tool_version(ours) == "1.2.3"
    dirty = replace(ours.plan, source=replace(ours.plan.source, clean=False))
    assert tool_version(replace(ours, plan=dirty)) == workflow_sbom.__version__


@pytest.mark.parametrize(
    ("recipe", "form"),
    [
        (GO, "program"),
        (WHEEL, "archive"),
        (SDIST, "archive"),
        (UI, "archive"),
        (IMAGE, "archive"),
    ],
)
def test_what_sort_of_file_a_recipe_makes(recipe: Recipe, form: str) -> None:
    assert form_of(recipe) == form


def test_the_interface_in_an_image_is_the_releases_own(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    image = replace(IMAGE, bundles=("face",))
    archive = built.image([*built.LAYER, *within("app/ui", built.ui())])
    artifacts = (*made(tmp_path, UI), artifact(IMAGE, archive, tmp_path))
    described = describe(artifacts, shop_of(bench, project, UI, image), None)
    parts = {each["name"]: each for each in document(described.sboms[1].content)["components"]}
    assert [each["name"] for each in parts["face"]["components"]] == [
        "/app/ui/dist/assets/a.css",
        "/app/ui/dist/assets/a.js",
        "/app/ui/dist/index.html",
        "/app/ui/dist/version.json",
        "left",
    ]
    whole = (described.release.content or b"").decode()
    assert "pkg:generic/face" in whole
    assert whole.count('"bom-ref": "pkg:generic/face') == 0  # it is the artifact, told once

    plain = (*made(tmp_path, UI), artifact(IMAGE, built.image(), tmp_path))
    with pytest.raises(BuildError, match="face is not in the image as it is in face-1"):
        describe(plain, shop_of(bench, project, UI, image), None)


def test_wheels_in_an_image_are_those_that_its_lock_allows(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    allowed, lock = "a" * 64, "box.txt"
    project.commit("feat: y", **{"box.toml": f'requirements = "{lock}"\n', lock: pin(allowed)})
    artifacts = (artifact(IMAGE, built.image(INSTALLED), tmp_path),)
    first = describe(artifacts, shop_of(bench, project, IMAGE), None)
    assert allowed in (first.sboms[0].content or b"").decode()

    project.commit("feat: z", **{lock: pin("b" * 64)})
    changed = describe(artifacts, shop_of(bench, project, IMAGE), None)
    assert "b" * 64 in (changed.sboms[0].content or b"").decode()

    project.commit("feat: w", **{lock: "thing\n"})
    unread = describe(artifacts, shop_of(bench, project, IMAGE), None)
    assert "the lock allows" not in (unread.sboms[0].content or b"").decode()


DIST_INFO = "usr/lib/python3/dist-packages/thing-1.2.3.dist-info"
PYTHON = b"Package: python3.13-minimal\nVersion: 3.13.5-2\nArchitecture: amd64\n"
INSTALLED = [
    built.file("var/lib/dpkg/status.d/python3.13-minimal", PYTHON),
    built.file(f"{DIST_INFO}/METADATA", built.metadata()),
    built.file(f"{DIST_INFO}/RECORD", b""),
]


def pin(digest: str) -> str:
    return f"thing==1.2.3 --hash=sha256:{digest}\n"


def within(folder: str, archive: bytes) -> list[built.Entry]:
    """What an archive holds, as an image has it below a folder."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        found = [(each.name, opened.extractfile(each)) for each in opened if each.isreg()]
        return [built.file(f"{folder}/{name}", file.read()) for name, file in found if file]


def test_what_is_known_is_not_made_again_and_what_changed_is(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    artifacts = made(tmp_path, WHEEL, UI)
    first = describe(artifacts, shop_of(bench, project, WHEEL, UI), None)
    trees = set((bench.scratch / "cache" / "trees").glob("*/*"))
    again = describe(artifacts, shop_of(bench, project, WHEEL, UI), None)
    assert texts(again) == texts(first)
    assert set((bench.scratch / "cache" / "trees").glob("*/*")) == trees


def test_a_lock_that_changed_while_the_bundle_did_not_is_described_anew(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    artifacts = made(tmp_path, UI)
    first = describe(artifacts, shop_of(bench, project, UI), None)
    changed = json.dumps(LOCK).replace('"MIT"', '"Apache-2.0"')
    project.commit("fix: its licence", **{"ui/package-lock.json": changed})
    shop = shop_of(bench, project, UI)
    second = describe(artifacts, shop, None)
    assert b"Apache-2.0" in (second.sboms[0].content or b"")
    assert texts(first) != texts(second)


def test_a_damaged_cache_is_not_believed(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    artifacts = made(tmp_path, WHEEL)
    first = describe(artifacts, shop_of(bench, project, WHEEL), None)
    for path in (bench.scratch / "cache").rglob("*.cdx.json"):
        path.write_bytes(path.read_bytes().replace(b"thing", b"other"))
    assert texts(describe(artifacts, shop_of(bench, project, WHEEL), None)) == texts(first)


def test_requirements_say_which_version_a_need_becomes(
    project: GitRepository, tmp_path: Path
) -> None:
    index = offering(tmp_path / "index", "left-3.1.tar.gz")
    bench = Bench(scratch=tmp_path / "bench", environment=index)
    data = built.wheel(built.wheel_files(more="Requires-Dist: left\n"))
    artifacts = (artifact(WHEEL, data, tmp_path),)
    lock = LockFile(name="locks/run.txt", content=b"left==3.1 --hash=sha256:" + b"0" * 64 + b"\n")
    described = describe(artifacts, shop_of(bench, project, WHEEL), lock)
    assert "pkg:pypi/left@3.1" in (described.sboms[0].content or b"").decode()
    without = describe(artifacts, shop_of(bench, project, WHEEL), None)
    assert b"pkg:pypi/left@3.1" not in (without.sboms[0].content or b"")


@pytest.mark.parametrize(
    ("recipe", "data"),
    [
        (WHEEL, b"no zip"),
        (WHEEL, built.wheel({"thing/__init__.py": b""})),
        (SDIST, b"no tar"),
        (IMAGE, b"no layout"),
    ],
)
def test_what_cannot_be_told_is_an_error_with_a_remedy(
    bench: Bench, project: GitRepository, tmp_path: Path, recipe: Recipe, data: bytes
) -> None:
    with pytest.raises(BuildError, match="an SBOM can't be made: ") as caught:
        describe((artifact(recipe, data, tmp_path),), shop_of(bench, project, recipe), None)
    assert caught.value.remedy


def test_a_program_that_is_none_of_gos_is_an_error(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    path = tmp_path / "tool-1.2.3-linux-amd64"
    path.write_bytes(b"#!/bin/sh\n")
    template = made(tmp_path, WHEEL)[0]
    measured = measure_file(path)
    program = replace(
        template, recipe=GO.id, name=path.name, path=path,
        size=measured.size, digest=measured.digest,
    )  # fmt: skip
    with pytest.raises(BuildError, match="an SBOM can't be made: "):
        describe((program,), shop_of(bench, project, GO), None)


def test_an_artifact_that_changed_since_it_was_built_is_an_error(
    bench: Bench, project: GitRepository, tmp_path: Path
) -> None:
    artifacts = made(tmp_path, WHEEL)
    artifacts[0].path.write_bytes(built.wheel(built.wheel_files(more="Summary: other\n")))
    with pytest.raises(BuildError, match="an SBOM can't be made: "):
        describe(artifacts, shop_of(bench, project, WHEEL), None)


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_an_interface_without_its_manifests_is_an_error(
    bench: Bench, project: GitRepository, tmp_path: Path, name: str
) -> None:
    project.git("rm", "--quiet", f"ui/{name}")
    project.commit("fix: remove it")
    with pytest.raises(BuildError, match=f"ui/{name}: not in the commit"):
        describe(made(tmp_path, UI), shop_of(bench, project, UI), None)


def test_a_broken_lock_is_an_error(bench: Bench, project: GitRepository, tmp_path: Path) -> None:
    lock = LockFile(name="locks/run.txt", content=b"\xff")
    with pytest.raises(BuildError, match="an SBOM can't be made: "):
        describe(made(tmp_path, WHEEL), shop_of(bench, project, WHEEL), lock)
