from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.registry import Registry
from support.archives import Archives


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def archives(tmp_path: Path) -> Iterator[Archives]:
    with Archives(tmp_path / "archives") as archives:
        yield archives
