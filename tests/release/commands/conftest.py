"""A desk with a project on it that builds without anything from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.desk import PROJECT, Desk
from support.git_repository import GitRepository


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home and cache: what was built once needs no second time."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture
def desk(repository: GitRepository, scratch: Path) -> Desk:
    """A desk in front of the project, committed once."""
    repository.commit("feat: make things", **PROJECT)
    return Desk(folder=repository.folder, scratch=scratch)
