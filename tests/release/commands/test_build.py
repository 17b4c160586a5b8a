from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from support.desk import Desk
from support.git_repository import GitRepository
from workflow_release.errors import BuildError, ConfigError, TargetError, UsageError

SDIST, WHEEL = "thing-0.1.0.dev1.tar.gz", "thing-0.1.0.dev1-py3-none-any.whl"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_artifacts_go_to_a_folder_git_does_not_see(desk: Desk, repository: GitRepository) -> None:
    done = desk.run("build")
    assert done.code == 0
    assert names(desk.folder / "dist" / "build") == {SDIST, WHEEL}
    assert repository.git("status", "--porcelain") == ""
    assert f"in {desk.folder}/dist/build" in done.out
    assert "sdist:thing  thing-0.1.0.dev1.tar.gz" in done.out
    assert "[2/2] wheel:thing" in done.err


def test_the_document_names_each_file_and_its_digest(desk: Desk, tmp_path: Path) -> None:
    done = desk.run("build", "--json", "--output", str(tmp_path / "out"))
    assert [each["id"] for each in done.json] == ["sdist:thing", "wheel:thing"]
    for each in done.json:
        data = Path(each["file"]).read_bytes()
        assert each["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert names(tmp_path / "out") == {SDIST, WHEEL}
    assert not (desk.folder / "dist").exists()


@pytest.mark.parametrize("word", ["wheel:thing", "wheel"])
def test_one_artifact_by_its_id_or_kind(desk: Desk, tmp_path: Path, word: str) -> None:
    done = desk.run("build", "--only", word, "--output", str(tmp_path / "out"))
    assert names(tmp_path / "out") == {WHEEL}
    assert "[2/2]" in done.err  # what it is made from is built, too


def test_a_name_means_everything_of_that_name(desk: Desk, tmp_path: Path) -> None:
    desk.run("build", "--only", "thing", "--output", str(tmp_path / "out"))
    assert names(tmp_path / "out") == {SDIST, WHEEL}


def test_an_unknown_name_is_told_before_anything_is_built(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--only whel: no such artifact") as caught:
        desk.run("build", "--only", "whel", "--output", str(tmp_path / "out"))
    assert caught.value.remedy == "did you mean 'wheel'?"
    assert not (tmp_path / "out").exists()


def test_files_are_the_same_and_readable_whatever_was_there(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out"
    desk.run("build", "--only", "sdist", "--output", str(out))
    before = (out / SDIST).read_bytes()
    (tmp_path / "precious").write_text("precious")
    (out / SDIST).unlink()
    (out / SDIST).symlink_to(tmp_path / "precious")
    (out / f".{SDIST}.partial").symlink_to(tmp_path / "precious")
    desk.run("build", "--only", "sdist", "--output", str(out))
    assert (out / SDIST).read_bytes() == before
    assert not (out / SDIST).is_symlink()
    assert (out / SDIST).stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("link", ["dist", "dist/build"])
def test_a_link_in_the_checkout_leads_no_file_out_of_it(
    desk: Desk, tmp_path: Path, link: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (desk.folder / link).parent.mkdir(exist_ok=True)
    (desk.folder / link).symlink_to(outside)
    with pytest.raises(TargetError, match="leads out of the repository"):
        desk.run("build")
    assert names(outside) == set()


def test_an_ignore_file_that_is_a_link_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (desk.folder / "dist").mkdir()
    (desk.folder / "dist" / ".gitignore").symlink_to(tmp_path / "precious")
    desk.run("build")
    assert (tmp_path / "precious").read_text() == "precious"


def test_uncommitted_changes_are_not_in_what_is_built(
    desk: Desk, repository: GitRepository, tmp_path: Path
) -> None:
    repository.write("thing.py", "CHANGED = True\n")
    done = desk.run("build", "--only", "sdist", "--output", str(tmp_path / "out"))
    assert "uncommitted changes are not in it: what is built is the commit" in done.err
    (made,) = (tmp_path / "out").iterdir()
    assert ".dirty" in made.name
    assert b"CHANGED" not in made.read_bytes()


def test_a_failure_shows_the_end_of_the_log(desk: Desk, repository: GitRepository) -> None:
    broken = "print('hello from the backend', flush=True); raise SystemExit(3)\n"
    repository.commit("fix: x", **{"backend.py": broken})
    with pytest.raises(BuildError) as caught:
        desk.run("build")
    assert "  | hello from the backend" in caught.value.message
    assert "thing: the build backend failed with exit code 3" in caught.value.message
    assert caught.value.remedy


def test_a_lock_that_is_not_committed_is_told(desk: Desk, repository: GitRepository) -> None:
    repository.commit("fix: x", **{"release.toml": '[build]\nlock = "locks/absent.txt"\n'})
    with pytest.raises(ConfigError, match=r"locks/absent\.txt: "):
        desk.run("build")
