from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from workflow_containers.building.recipe import Recipe
from workflow_containers.building.watched import make, titles
from workflow_containers.layers.entries import File
from workflow_containers.platform import AMD64, ARM64
from workflow_containers.store import Store
from workflow_sbom.digest import Digest
from workflow_sbom.terminal.progress import Silent, stage


@dataclass
class Heard(Silent):
    """Remembers what was told; a `Progress`."""

    told: list[str] = field(default_factory=list)

    def started(self, task: str) -> None:
        self.told.append(f"started {task}")

    def finished(self, task: str, *, reused: bool) -> None:
        self.told.append(f"{'reused' if reused else 'finished'} {task}")

    def failed(self, task: str, log: Path | None) -> None:
        self.told.append(f"failed {task}")


def recipe(name: str) -> Recipe:
    key = Digest.of(name.encode())
    return Recipe(name=name, key=key, entries=lambda: iter([File("x", 0o644, b"x")]))


def test_a_fragment_is_made_once_and_then_reused(tmp_path: Path) -> None:
    heard, store = Heard(), Store(tmp_path)
    first = make(recipe("a"), "a", store, heard)
    assert make(recipe("a"), "a", store, heard) == first
    assert heard.told == ["started a", "finished a", "started a", "reused a"]


def test_a_stage_that_fails_is_told() -> None:
    heard = Heard()
    with pytest.raises(ValueError, match="no"), stage(heard, "a"):
        raise ValueError("no")
    assert heard.told == ["started a", "failed a"]


def test_what_is_of_one_architecture_says_so() -> None:
    shared, amd, arm = recipe("tzdata"), recipe("libc6"), recipe("libc6 ")
    found = titles(
        {
            AMD64: {shared.key: shared, amd.key: amd},
            ARM64: {shared.key: shared, arm.key: arm},
        }
    )
    assert [*found.values()] == ["tzdata", "libc6 (amd64)", "libc6  (arm64)"]
