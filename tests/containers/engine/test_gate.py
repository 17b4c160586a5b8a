from __future__ import annotations

from pathlib import Path

import pytest

from simulators.engine import GONE, HEALTHY, FakeEngine, FakeMachine
from support.runnable import USER, written
from workflow_containers.engine.gate import Gate
from workflow_containers.engine.interface import Held, State
from workflow_containers.engine.trying import Patience
from workflow_containers.errors import EngineError, UnhealthyError
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64
from workflow_containers.smoke import Smoke
from workflow_sbom.terminal.progress import Silent


class Told(Silent):
    """Progress that is kept."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def finished(self, task: str, *, reused: bool) -> None:
        self.said.append(f"{task} ok")

    def failed(self, task: str, log: Path | None) -> None:
        self.said.append(f"{task} failed")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return written(tmp_path / "small.tar", {**USER, "Healthcheck": {"Test": ["CMD", "/check"]}})


@pytest.fixture
def held(archive: Path) -> Held:
    with Layout(archive) as layout:
        image = layout.image(AMD64)
        diff_ids = tuple(layer.diff_id for layer in image.layers)
        return Held(id=image.config_digest, platform=AMD64, diff_ids=diff_ids)


def gate(engine: FakeEngine, told: Told | None = None) -> Gate:
    return Gate(
        engine=engine, machine=FakeMachine(), progress=told or Told(), patience=Patience(start=2)
    )


def test_an_image_that_was_brought_is_taken_away_again(archive: Path, held: Held) -> None:
    engine, told = FakeEngine(states=[HEALTHY], brings=(held,)), Told()
    passed = gate(engine, told).passed(archive, Smoke())
    assert passed.outcome.image == held.id
    assert engine.done[-2:] == ["remove c1", f"forget {held.id}"]
    assert engine.images == {}
    assert told.said == ["load small.tar ok", "try small.tar ok"]


def test_an_image_that_was_there_stays(archive: Path, held: Held) -> None:
    engine = FakeEngine(states=[HEALTHY], images={held.id: held})
    assert gate(engine).passed(archive, Smoke()).loaded.brought == ()
    assert engine.images == {held.id: held}


def test_an_image_that_fails_is_taken_away_too(archive: Path, held: Held) -> None:
    engine, told = FakeEngine(states=[State(running=False)], brings=(held,)), Told()
    with pytest.raises(UnhealthyError):
        gate(engine, told).passed(archive, Smoke())
    assert engine.images == {}
    assert told.said == ["load small.tar ok", "try small.tar failed"]


def test_nothing_is_tried_that_was_not_loaded(archive: Path) -> None:
    engine, told = FakeEngine(fails={"load": GONE}), Told()
    with pytest.raises(EngineError):
        gate(engine, told).passed(archive, Smoke())
    assert told.said == ["load small.tar failed"]
