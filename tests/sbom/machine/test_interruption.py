"""Being told to stop: a real process, real signals, real programs below it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.patience import until
from workflow_release.machine.run import Command, Completed
from workflow_sbom.machine.interruption import Interruption
from workflow_sbom.machine.processes import below, running

WORK = """
import sys, threading
from pathlib import Path
from workflow_release.building import graph
from workflow_sbom.machine.interruption import Interruption
from workflow_release.machine.run import Command, run

here = Path.cwd()
told = Interruption()
program = told.guard(run)

def work(needed):
    env = {"PATH": "/usr/bin:/bin"}
    try:
        program(Command(argv=["sh", "-c", "touch ready; sleep 60 & wait"], cwd=here, env=env))
        program(Command(argv=["touch", "again"], cwd=here, env=env))
    finally:
        (here / "cleaned").touch()
        if "hang" in sys.argv:
            threading.Event().wait()

tasks = [graph.Task(name="a", needs=(), work=work), graph.Task(name="b", needs=(), work=work)]
try:
    with told.heeded():
        graph.run(tasks, 1)
except KeyboardInterrupt:
    print("unwound", flush=True)
    sys.exit(told.exit_code)
"""


@contextmanager
def working(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process with a program at work in another thread."""
    with subprocess.Popen(
        [sys.executable, "-c", WORK, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as made:
        try:
            until((folder / "ready").exists, seconds=30, told=lambda: "no program was started")
            yield made
        finally:
            made.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_programs_are_ended_and_everything_unwinds(tmp_path: Path, number: signal.Signals) -> None:
    with working(tmp_path) as process:
        family = below(process.pid, running())
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (128 + number, "unwound\n", "")
    assert len(family) == 2
    assert family & running().keys() == set()
    assert (tmp_path / "cleaned").exists()
    assert not (tmp_path / "again").exists()


def test_told_twice_the_process_ends_at_once(tmp_path: Path) -> None:
    with working(tmp_path, "hang") as process:
        process.send_signal(signal.SIGTERM)
        until((tmp_path / "cleaned").exists, seconds=30, told=lambda: "it did not unwind")
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == 128 + signal.SIGTERM


def test_a_signal_that_was_to_be_ignored_still_is() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption().heeded():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_put_back() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    with Interruption().heeded():
        assert [signal.getsignal(number) for number in numbers] != before
    assert [signal.getsignal(number) for number in numbers] == before


COMMAND = Command(argv=["true"], cwd=Path("/"), env={})


@dataclass(frozen=True)
class Program:
    """A program that answers once something else has happened; implements `Run`."""

    meanwhile: Callable[[], None] = lambda: None

    def __call__(self, command: Command) -> Completed:
        self.meanwhile()
        return Completed(code=0, stdout=b"answer", stderr=b"")


def test_a_guarded_runner_answers_as_long_as_nobody_was_told() -> None:
    assert Interruption().guard(Program())(COMMAND).stdout == b"answer"


def test_a_guarded_runner_starts_nothing_after_that() -> None:
    def never() -> None:
        raise AssertionError("started")

    with pytest.raises(SystemExit):
        Interruption(signal=signal.SIGTERM).guard(Program(never))(COMMAND)


def test_what_a_program_answered_while_it_was_ended_means_nothing() -> None:
    interruption = Interruption()

    def told() -> None:
        interruption.signal = signal.SIGTERM

    with pytest.raises(SystemExit) as caught:
        interruption.guard(Program(told))(COMMAND)
    assert caught.value.code == 143
