from __future__ import annotations

from pathlib import Path

import pytest

from support.git_repository import GitRepository


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """An empty repository on branch `main`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    made = GitRepository(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    return made
