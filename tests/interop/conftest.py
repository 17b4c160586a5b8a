"""The two images and a Docker Engine, once for all tests here.

The images are built from this checkout's HEAD, or taken from the folder of a finished build or
release that `WORKFLOW_RELEASE_FOLDER` names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import docker_engine
from support.docker_engine import Docker
from support.images import Release, built
from support.person import User
from support.repositories import head_as_main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def build_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where builds keep what they fetched and made; empty, unless the environment names one."""
    given = os.environ.get("WORKFLOW_TEST_CACHE")
    return Path(given) if given else tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory, build_cache: Path) -> Release:
    """What `build` makes of HEAD as a main branch: the images, and what is in them."""
    folder = tmp_path_factory.mktemp("built")
    user = User(home=folder, cache=build_cache)
    checkout = head_as_main(ROOT, folder / "checkout")
    return built(checkout, user, folder / "images", "image", "wheel", "ui")


@pytest.fixture(scope="session")
def docker() -> Iterator[Docker]:
    """A Docker Engine of our own, or the one that the environment names."""
    with docker_engine.running() as found:
        yield found
