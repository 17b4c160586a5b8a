from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import postgres


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[Path]:
    """The folder of a running server's socket; its superuser is `workflow`, without password."""
    with postgres.running() as folder:
        yield folder
