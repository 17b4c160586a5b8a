from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from support.git_repository import GitRepository
from support.workshops import PROJECT, PYPROJECT, Bench
from workflow_release.building.origins import STAMPED, interface_origin_of, origin_of
from workflow_release.model import Artifact, Sdist, UiBundle
from workflow_sbom.coverage.origin import Origin
from workflow_sbom.digest import Digest

SDIST = Sdist(distribution="thing", project=PurePosixPath("thing"), inputs=(PurePosixPath("more"),))
MODULE = '__version__ = "0.0.0"\n'


def origin(tmp_path: Path, repository: GitRepository, **files: str) -> Origin:
    repository.commit("feat: x", **{**PROJECT, "more/x.txt": "x", "LICENSE": "x", **files})
    return origin_of(SDIST, Bench(scratch=tmp_path / "bench").workshop(repository, SDIST))


def test_the_commit_owns_what_it_tracks_and_the_stamp_is_made_again(
    tmp_path: Path, repository: GitRepository
) -> None:
    found = origin(tmp_path, repository, **{"thing/thing.py": MODULE})
    commit = repository.git("rev-parse", "HEAD")
    assert found.owner == f"git:{commit}"
    assert found.version == "1.2.3.dev4"
    assert found.files["thing.py"] == Digest.of(MODULE.encode())
    assert found.files["LICENSE"] == Digest.of(b"x")
    assert not any("more" in path for path in found.files)
    (stamped,) = found.made
    assert stamped.rule == STAMPED
    assert stamped.files["thing.py"] == Digest.of(b'__version__ = "1.2.3.dev4"\n')
    assert found.project == (repository.folder / "thing/pyproject.toml").read_bytes().replace(
        b"0.0.0", b"1.2.3.dev4"
    )
    assert found.readme is None


def test_links_and_the_readme_are_told(tmp_path: Path, repository: GitRepository) -> None:
    (repository.folder / "thing").mkdir()
    (repository.folder / "thing" / "also").symlink_to("README.md")
    text = f'{PYPROJECT}readme = "README.md"\n'
    found = origin(
        tmp_path, repository, **{"thing/pyproject.toml": text, "thing/README.md": "# Thing\n"}
    )
    assert found.links == {"also": "README.md"}
    assert found.readme == b"# Thing\n"


def test_an_interface_comes_from_its_files_its_lock_and_the_bundlers_list(
    tmp_path: Path, repository: GitRepository
) -> None:
    files = {"ui/package-lock.json": "{}", "ui/src/main.ts": "main()", "other/x": ""}
    repository.commit("feat: x", **files)
    recipe = UiBundle(name="ui", project=PurePosixPath("ui"))
    notes = tmp_path / "modules.json"
    notes.write_text("[]")
    artifact = Artifact(
        recipe=recipe.id, name="ui.tar.gz", media_type="application/gzip", platforms=(),
        size=0, digest=Digest.of(b""), path=tmp_path, locks=(), notes=notes,
    )  # fmt: skip
    shop = Bench(scratch=tmp_path / "bench").workshop(repository, recipe)
    found = interface_origin_of(recipe, artifact, shop)
    assert found.origin.owner == f"git:{repository.git('rev-parse', 'HEAD')}"
    assert set(found.origin.files) == {"package-lock.json", "src/main.ts"}
    assert (found.lock, found.modules, found.version) == (b"{}", b"[]", "1.2.3-dev.4")
    assert interface_origin_of(recipe, replace(artifact, notes=None), shop).modules is None
