"""Where a checkout is, and what git tracks in it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from workflow_release.errors import ConfigError, SourceError
from workflow_release.repository.checkout import Checkout, root_of


@pytest.mark.parametrize("as_file", [True, False])
def test_the_root_is_found_from_any_folder_below(tmp_path: Path, *, as_file: bool) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    if as_file:  # as in a worktree or a submodule
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    else:
        (tmp_path / ".git").mkdir()
    assert root_of(tmp_path / "a" / "b") == root_of(tmp_path) == tmp_path


def test_a_folder_in_no_checkout_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="in no git checkout") as caught:
        root_of(tmp_path)
    assert "-C DIR" in caught.value.remedy


def test_a_misspelt_folder_does_not_name_the_checkout_around_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(SourceError, match="misspelt: no such folder"):
        root_of(tmp_path / "misspelt")


def test_tracked_paths_are_read_as_git_lists_them(tmp_path: Path) -> None:
    checkout = Checkout.of(tmp_path, "a.txt\0folder/with blank\0né\0".encode())
    assert checkout.tracked == {
        PurePosixPath("a.txt"), PurePosixPath("folder/with blank"), PurePosixPath("né"),
    }  # fmt: skip
    assert Checkout.of(tmp_path, b"").tracked == frozenset()


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not UTF-8"):
        Checkout.of(tmp_path, b"\xff\0")


def tracking(root: Path, *names: str) -> Checkout:
    return Checkout(root=root, tracked=frozenset(map(PurePosixPath, names)))


def test_a_tracked_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("é")
    assert tracking(tmp_path, "a").text(PurePosixPath("a")) == "é"


def test_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "untracked").write_text("x")
    (tmp_path / "link").symlink_to("untracked")
    (tmp_path / "binary").write_bytes(b"\xff")
    checkout = tracking(tmp_path, "link", "binary", "deleted")
    for name, fault in {
        "untracked": "no such file among those git tracks",
        "link": "a symbolic link",
        "binary": "can't be read",
        "deleted": "can't be read",
    }.items():
        with pytest.raises(ConfigError, match=f"{name}: {fault}") as caught:
            checkout.text(PurePosixPath(name))
        assert caught.value.remedy


def test_projects_in_tests_and_examples_are_no_products(tmp_path: Path) -> None:
    checkout = tracking(
        tmp_path, "pyproject.toml", "b/pyproject.toml", "a/pyproject.toml",
        "tests/x/pyproject.toml", "a/examples/pyproject.toml", "vendor/pyproject.toml", "go.mod",
    )  # fmt: skip
    assert checkout.folders_with("pyproject.toml") == tuple(map(PurePosixPath, (".", "a", "b")))
