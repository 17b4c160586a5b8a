"""Finding and ending whatever a process started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.patience import until
from workflow_sbom.machine.processes import Process, below, end_below, parse_stat, running


def family(*pairs: tuple[int, int]) -> dict[Process, int]:
    """Processes and their parents, by id."""
    return {Process(id=number, started=0): parent for number, parent in pairs}


def stat(name: bytes, state: bytes = b"S") -> bytes:
    rest = b" ".join(b"%d" % (field + 5) for field in range(40))
    return b"41 (" + name + b") " + state + b" 7 " + rest + b"\n"


@pytest.mark.parametrize("name", [b"sh", b"a b", b") S 1 (", b"\n", b"\xff"])
def test_a_process_is_read_whatever_it_calls_itself(name: bytes) -> None:
    assert parse_stat(stat(name)) == (Process(id=41, started=22), 7)


@pytest.mark.parametrize("state", [b"Z", b"X"])
def test_what_has_ended_does_not_run(state: bytes) -> None:
    assert parse_stat(stat(b"sh", state)) is None


def test_descendants_are_children_and_theirs_and_nobody_else() -> None:
    everything = family((2, 1), (3, 2), (4, 3), (5, 1), (6, 9))
    assert {each.id for each in below(2, everything)} == {3, 4}
    assert {each.id for each in below(1, everything)} == {2, 3, 4, 5}
    assert below(4, everything) == frozenset()


def test_a_circle_of_parents_ends() -> None:
    assert {each.id for each in below(1, family((1, 2), (2, 1)))} == {1, 2}


def test_this_process_runs_and_is_below_its_parent() -> None:
    assert os.getpid() in {each.id for each in below(os.getppid(), running())}


TREE = """
import os, subprocess, sys, time
subprocess.Popen(["sh", "-c", sys.argv[1]])
time.sleep(60)
"""


@pytest.fixture
def ancestor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a child that runs the test's script in the background."""
    with subprocess.Popen([sys.executable, "-c", TREE, request.param], cwd=tmp_path) as made:
        until((tmp_path / "ready").exists, seconds=20, told=lambda: "the script did not start")
        yield made
        made.kill()


def still(ancestor: subprocess.Popen[bytes]) -> set[Process]:
    return set(below(ancestor.pid, running()))


CLEANS_UP = "trap 'sleep 0.1; echo cleaned > ended; exit' INT; touch ready; sleep 60 & wait"
DEAF = "trap '' INT; touch ready; sleep 60"


@pytest.mark.parametrize("ancestor", [CLEANS_UP], indirect=True)
def test_who_cleans_up_when_interrupted_is_given_the_time(
    ancestor: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert len(still(ancestor)) == 2
    end_below(ancestor.pid)
    assert still(ancestor) == set()
    assert (tmp_path / "ended").read_text() == "cleaned\n"
    assert ancestor.poll() is None


@pytest.mark.parametrize("ancestor", [DEAF], indirect=True)
def test_who_does_not_listen_is_told_to_end(ancestor: subprocess.Popen[bytes]) -> None:
    end_below(ancestor.pid)
    assert still(ancestor) == set()
    assert ancestor.poll() is None


ORPHANS = "trap 'exit' INT; (trap '' INT; sleep 60) & touch ready; wait"


@pytest.mark.parametrize("ancestor", [ORPHANS], indirect=True)
def test_who_outlives_its_parent_is_not_forgotten(ancestor: subprocess.Popen[bytes]) -> None:
    until(lambda: len(still(ancestor)) == 2, seconds=10, told=lambda: str(still(ancestor)))
    everything = still(ancestor)
    end_below(ancestor.pid)
    assert everything & running().keys() == set()


@pytest.mark.slow
@pytest.mark.parametrize("ancestor", ["trap '' INT TERM; touch ready; sleep 60"], indirect=True)
def test_who_does_not_even_then_is_killed(ancestor: subprocess.Popen[bytes]) -> None:
    end_below(ancestor.pid)
    assert still(ancestor) == set()


@pytest.mark.parametrize("ancestor", ["touch ready; exit"], indirect=True)
def test_nothing_below_is_nothing_to_wait_for(ancestor: subprocess.Popen[bytes]) -> None:
    until(lambda: not still(ancestor), seconds=10, told=lambda: str(still(ancestor)))
    end_below(ancestor.pid)
    ancestor.send_signal(signal.SIGTERM)
