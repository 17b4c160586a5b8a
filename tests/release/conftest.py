"""Real git repositories in temporary folders, for tests of anything that reads one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.git_repository import GitRepository


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[[str], GitRepository]:
    """Makes empty repositories on branch `main`, by folder name."""

    def make(name: str) -> GitRepository:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        repository = GitRepository(folder)
        repository.git("init", "--quiet", "--initial-branch=main")
        return repository

    return make


@pytest.fixture
def repository(make_repository: Callable[[str], GitRepository]) -> GitRepository:
    """An empty repository on branch `main`."""
    return make_repository("repository")
