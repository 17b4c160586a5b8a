"""A large file is held once, as it was read; what is made of it is streamed."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from workflow_containers.layers import fragment, layer
from workflow_containers.layers.entries import File
from workflow_containers.store import Store
from workflow_sbom.digest import Digest

LARGE = random.Random(1).randbytes(16 << 20)
LITTLE = 4 << 20


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def most(work: Callable[[], object]) -> int:
    """The bytes that were held at once beside those before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_fragment_is_written_without_a_copy(store: Store) -> None:
    entries = [File("a", 0o644, b"small"), File("large", 0o644, LARGE), File("z", 0o644, b"small")]
    assert most(lambda: fragment.write(store, "large", iter(entries))) < LITTLE


def test_a_layer_is_assembled_from_streams(store: Store) -> None:
    made = fragment.write(store, "large", iter([File("large", 0o644, LARGE)]))
    assert most(lambda: layer.assemble(store, "wheels", (made, made), Digest.of(b""))) < LITTLE
