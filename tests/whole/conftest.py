"""One person serves the session: the build cache is shared by its tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.person import User


@pytest.fixture(scope="session")
def user(tmp_path_factory: pytest.TempPathFactory) -> User:
    """One person for the whole session, whose cache the tests share."""
    shared = os.environ.get("WORKFLOW_TEST_CACHE")
    home = tmp_path_factory.mktemp("home")
    return User(home=home, cache=Path(shared) if shared else home / "cache")
