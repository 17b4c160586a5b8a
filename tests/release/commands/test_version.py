from __future__ import annotations

import pytest

from support.desk import Desk
from support.git_repository import GitRepository
from workflow_release.errors import ConfigError, SourceError


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("semver", "0.1.0-dev.1"),
        ("pep440", "0.1.0.dev1"),
        ("oci", "0.1.0-dev.1"),
        ("npm", "0.1.0-dev.1"),
        ("deb", "0.1.0~dev.1"),
        ("file", "0.1.0-dev.1"),
    ],
)
def test_a_version_is_one_line_in_the_form_asked_for(desk: Desk, form: str, expected: str) -> None:
    done = desk.run("version", "--format", form)
    assert (done.code, done.out, done.err) == (0, f"{expected}\n", "")


def test_json_has_every_form_and_the_commit(desk: Desk, repository: GitRepository) -> None:
    repository.git("tag", "v1.2.3")
    assert desk.run("version", "--json").json == {
        "semver": "1.2.3",
        "pep440": "1.2.3",
        "oci": "1.2.3",
        "npm": "1.2.3",
        "deb": "1.2.3",
        "file": "1.2.3",
        "publishable": True,
        "commit": repository.git("rev-parse", "HEAD"),
    }


def test_a_dirty_tree_has_a_version_nobody_publishes(desk: Desk, repository: GitRepository) -> None:
    repository.write("new", "x")
    commit = repository.git("rev-parse", "--short=12", "HEAD")
    shown = desk.run("version", "--json").json
    assert (shown["semver"], shown["publishable"]) == (f"0.1.0-dev.1+g{commit}.dirty", False)


def test_a_repository_without_a_commit_is_told(repository: GitRepository, desk: Desk) -> None:
    empty = Desk(folder=repository.folder.parent / "empty", scratch=desk.scratch)
    empty.folder.mkdir()
    repository.git("init", "--quiet", str(empty.folder))
    with pytest.raises(SourceError, match="without a commit"):
        empty.run("version")


def test_a_broken_configuration_is_told(desk: Desk, repository: GitRepository) -> None:
    repository.commit("fix: x", **{"release.toml": "x = 1"})
    with pytest.raises(ConfigError, match="unknown key"):
        desk.run("version")
