from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from simulators.engine import ENDED, GONE, FakeEngine
from workflow_containers.engine.interface import Confined, State
from workflow_containers.engine.running import MAX_LINE, container, run
from workflow_containers.errors import EngineError
from workflow_sbom.digest import Digest

WANTED = Confined(image=Digest.of(b"image"))


@dataclass
class Heard:
    """What a container printed; implements `Listener`."""

    lines: list[str] = field(default_factory=list)
    closed: bool = False

    def out(self, line: str) -> None:
        if self.closed:
            raise BrokenPipeError
        self.lines.append(line)

    def err(self, line: str) -> None:
        self.lines.append(f"! {line}")


def ran(engine: FakeEngine, heard: Heard | None = None) -> tuple[int, list[str]]:
    heard = heard or Heard()
    code = run(engine, WANTED, heard, stop=1)
    return code, heard.lines


def test_what_it_prints_is_passed_on_and_its_exit_code_too() -> None:
    engine = FakeEngine(
        states=[State(running=False, exit_code=7)],
        pieces=[(b"one\ntw", b""), (b"o\r\n", b"oh\n"), (b"", b"no"), (b"\n\xffend", b"")],
    )
    assert ran(engine) == (7, ["one", "two", "! oh", "", "\ufffdend", "! no"])
    assert engine.done == ["create", "output c1", "start c1", "remove c1"]


def test_a_line_without_an_end_is_passed_on_in_pieces() -> None:
    engine = FakeEngine(states=[ENDED], pieces=[(b"x" * 50_000, b"")] * 5)
    _, lines = ran(engine)
    assert "".join(lines) == "x" * 250_000
    assert max(map(len, lines)) <= MAX_LINE + 50_000


class Interrupted(FakeEngine):
    """An engine whose caller is interrupted while the container prints."""

    def _pieces(self) -> Iterator[tuple[bytes, bytes]]:
        yield b"begun\n", b""
        _interrupt.set()
        assert _stopped.wait(5)
        yield b"ended\n", b""

    def start(self, container: str) -> None:
        super().start(container)
        assert _interrupt.wait(5)

    def stop(self, container: str, seconds: int) -> None:
        super().stop(container, seconds)
        _stopped.set()


_interrupt, _stopped = threading.Event(), threading.Event()


def test_interrupted_it_is_stopped_and_what_it_prints_then_is_passed_on() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        engine = Interrupted(stopped=State(running=False, exit_code=0))
        assert ran(engine) == (0, ["begun", "ended"])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert engine.done == ["create", "output c1", "start c1", "stop c1", "remove c1"]


def test_interrupted_while_it_starts_it_is_stopped_too() -> None:
    engine = FakeEngine(
        stopped=State(running=False, exit_code=137), fails={"start": KeyboardInterrupt()}
    )
    assert ran(engine) == (137, [])
    assert engine.done == ["create", "output c1", "start c1", "stop c1", "remove c1"]


def test_nobody_listening_any_more_removes_the_container() -> None:
    engine = FakeEngine(pieces=[(b"one\n", b"")])
    with pytest.raises(BrokenPipeError):
        ran(engine, Heard(closed=True))
    assert engine.done[-1] == "remove c1"


@pytest.mark.parametrize("method", ["output", "start", "state"])
def test_an_engine_that_goes_away_is_told(method: str) -> None:
    engine = FakeEngine(states=[ENDED], fails={method: GONE})
    with pytest.raises(EngineError, match="went away"):
        ran(engine)
    assert engine.done[-1] == "remove c1"


def test_a_container_that_can_not_be_removed_is_told() -> None:
    engine = FakeEngine(fails={"remove": GONE})
    with pytest.raises(EngineError, match="went away"), container(engine, WANTED):
        pass


def test_the_first_error_is_the_one_that_is_told() -> None:
    engine = FakeEngine(fails={"remove": GONE})
    with pytest.raises(ValueError, match="first"), container(engine, WANTED):
        raise ValueError("first")


def test_one_that_somebody_else_removes_is_no_error() -> None:
    engine = FakeEngine(left=("old",), fails={"remove": GONE, "create": EngineError("full")})
    with pytest.raises(EngineError, match="full"), container(engine, WANTED):
        pass
