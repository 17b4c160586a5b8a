"""The trial of an image: healthy, answering, ending when told to, and nothing left of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.engine import (
    ENDED,
    GONE,
    HEALTHY,
    RUNNING,
    STARTING,
    FakeEngine,
    FakeMachine,
)
from support.runnable import USER, written
from workflow_containers.engine.interface import Checks, Facts, State
from workflow_containers.engine.loading import Loaded
from workflow_containers.engine.machine import Answer
from workflow_containers.engine.trying import Outcome, Patience, Trial, attempt
from workflow_containers.errors import EngineError, UnhealthyError
from workflow_containers.oci.layout import Layout
from workflow_containers.platform import AMD64
from workflow_containers.smoke import Get, Smoke
from workflow_sbom.digest import Digest

ID = Digest.of(b"image")
CHECKED = {**USER, "Healthcheck": {"Test": ["CMD", "/check"]}}
SERVES = Smoke(args=("--quiet",), get=(Get(path="/healthz", text="well"),))
WELL = Answer(status=200, body=b"all is well")


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    with Layout(written(tmp_path / "small.tar", CHECKED, version="1.2.0-rc.1")) as layout:
        return Loaded(id=ID, image=layout.image(AMD64), version=layout.version, brought=())


def tried(
    loaded: Loaded, engine: FakeEngine, machine: FakeMachine | None = None, smoke: Smoke = SERVES
) -> Outcome:
    patience = Patience(start=5, answer=3, stop=2)
    trial = Trial(loaded=loaded, smoke=smoke, patience=patience)
    return attempt(engine, trial, machine or FakeMachine(answers=[WELL]))


def failing(
    loaded: Loaded, engine: FakeEngine, machine: FakeMachine | None = None, smoke: Smoke = SERVES
) -> str:
    """What is said of an image that does not pass; its container is always gone."""
    with pytest.raises(UnhealthyError) as caught:
        tried(loaded, engine, machine, smoke)
    assert engine.done[-1] == "remove c1"
    assert caught.value.remedy
    assert str(ID) in str(caught.value)
    return str(caught.value)


# ----------------------------------------------------------------------------- an image that serves


def test_an_image_that_is_well_passes_and_its_times_are_known(loaded: Loaded) -> None:
    engine = FakeEngine(states=[STARTING, STARTING, HEALTHY])
    machine = FakeMachine(answers=[None, WELL])
    outcome = tried(loaded, engine, machine)
    assert engine.done == ["create", "start c1", "stop c1", "remove c1"]
    assert machine.asked == [(4711, "/healthz")] * 2
    assert (outcome.image, outcome.exit_code) == (ID, 0)
    assert outcome.healthy_after == pytest.approx(0.2)
    (answered,) = outcome.answered
    assert (answered.path, answered.status) == ("/healthz", 200)
    assert answered.after == pytest.approx(0.1)


def test_it_is_run_by_id_with_the_hosts_network_and_a_port_of_its_own(loaded: Loaded) -> None:
    engine = FakeEngine(states=[HEALTHY])
    tried(loaded, engine)
    (created,) = engine.created
    assert (created.image, created.arguments, created.network) == (ID, ("--quiet",), "host")
    assert created.environment == {"PORT": "4711"}
    assert created.checks == Checks(every=1, grace=5)
    assert created.within is not None
    assert created.within > 5 + 3 + 2


def test_it_has_the_memory_and_folders_it_is_said_to_need(loaded: Loaded) -> None:
    engine = FakeEngine(states=[HEALTHY])
    tried(loaded, engine, smoke=Smoke(tmpfs=("/tmp",), memory=64))
    assert (engine.created[0].tmpfs, engine.created[0].memory) == (("/tmp",), 64 << 20)


def test_an_image_that_answers_nothing_has_no_network(loaded: Loaded) -> None:
    engine = FakeEngine(states=[HEALTHY])
    tried(loaded, engine, smoke=Smoke())
    (created,) = engine.created
    assert (created.network, created.environment, created.arguments) == ("none", {}, None)


def test_without_a_health_check_running_is_enough(tmp_path: Path) -> None:
    with Layout(written(tmp_path / "small.tar")) as layout:
        plain = Loaded(id=ID, image=layout.image(AMD64), version="1", brought=())
    engine = FakeEngine(states=[RUNNING])
    assert tried(plain, engine).healthy_after is None
    assert engine.created[0].checks is None


def test_one_that_never_becomes_healthy_is_told_with_its_log(loaded: Loaded) -> None:
    engine = FakeEngine(states=[STARTING], log=b"waiting for the moon\n\x1b[2Jboo\n")
    machine = FakeMachine()
    said = failing(loaded, engine, machine)
    assert "not healthy after 5 seconds" in said
    assert "its log: waiting for the moon" in said
    assert "\x1b" not in said
    assert machine.now() < 1000 + 6


def test_one_whose_check_fails_is_told_with_what_the_check_said(loaded: Loaded) -> None:
    sick = State(running=True, health="unhealthy", said="no \x1b[31mdatabase\n")
    said = failing(loaded, FakeEngine(states=[STARTING, sick]))
    assert r"unhealthy, its check said 'no \\x1b[31mdatabase'" in said


def test_one_that_crashes_is_told_at_once(loaded: Loaded) -> None:
    crashed = State(running=False, exit_code=3)
    said = failing(loaded, FakeEngine(states=[STARTING, crashed], log=b"no config\n"))
    assert "ended with 3" in said
    assert "its log: no config" in said


def test_one_that_needs_too_much_memory_is_told_so(loaded: Loaded) -> None:
    killed = State(running=False, exit_code=137, out_of_memory=True)
    assert "ended with 137, out of memory" in failing(loaded, FakeEngine(states=[killed]))


def test_a_log_of_any_length_is_told_in_twenty_short_lines(loaded: Loaded) -> None:
    log = b"".join(b"%d %s\n" % (number, b"x" * 5000) for number in range(1000))
    said = failing(loaded, FakeEngine(states=[State(running=False, exit_code=1)], log=log))
    assert "its log: 999 xxx" in said
    assert len(said.splitlines()) == 21
    assert max(map(len, said.splitlines())) < 350


def test_one_that_does_not_answer_is_told(loaded: Loaded) -> None:
    said = failing(loaded, FakeEngine(states=[HEALTHY]), FakeMachine())
    assert "no answer at /healthz after 3 seconds" in said


def test_one_that_ends_instead_of_answering_is_told(loaded: Loaded) -> None:
    """Somebody else's server may have taken the port."""
    engine = FakeEngine(states=[HEALTHY, State(running=False, exit_code=1)])
    assert "ended with 1" in failing(loaded, engine)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=503, body=b"well"), "answers /healthz with 503, not 200"),
        (Answer(status=200, body=b"ill\x1b[0m"), r"without 'well': 'ill\\x1b[0m'"),
        (Answer(status=200, body=b"\xff" * 5000), "without 'well'"),
    ],
)
def test_another_answer_is_told(loaded: Loaded, answer: Answer, said: str) -> None:
    found = failing(loaded, FakeEngine(states=[HEALTHY]), FakeMachine(answers=[answer]))
    assert said in found
    assert len(found) < 1000


def test_one_that_ends_before_it_is_told_to_is_told(loaded: Loaded) -> None:
    """Though it ended with 0, and answered before."""
    engine = FakeEngine(states=[HEALTHY, HEALTHY, ENDED])
    assert "ended with 0" in failing(loaded, engine, FakeMachine(answers=[WELL]))


def test_one_that_ignores_sigterm_is_told(loaded: Loaded) -> None:
    engine = FakeEngine(states=[HEALTHY], stopped=State(running=False, exit_code=137))
    assert "still ran 2 seconds after SIGTERM" in failing(loaded, engine)


def test_one_that_does_not_end_with_0_is_told(loaded: Loaded) -> None:
    engine = FakeEngine(states=[HEALTHY], stopped=State(running=False, exit_code=143))
    assert "ended with 143 when told to" in failing(loaded, engine)


# ------------------------------------------------------------------- an image that ends by itself


def test_one_that_ends_as_expected_passes(loaded: Loaded) -> None:
    engine = FakeEngine(states=[RUNNING, ENDED], log=b"tool 1.2.0rc1\n")
    outcome = tried(loaded, engine, smoke=Smoke(exit=0, text="tool {version}"))
    assert engine.done == ["create", "start c1", "remove c1"]
    assert outcome.ended_after == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (FakeEngine(states=[State(running=False, exit_code=4)]), "ended with 4, not 0"),
        (FakeEngine(states=[ENDED], log=b"tool 1.1.0\n"), "did not print 'tool 1.2.0rc1'"),
        (FakeEngine(states=[RUNNING]), "has not ended after 5 seconds"),
    ],
)
def test_one_that_ends_otherwise_is_told(loaded: Loaded, engine: FakeEngine, said: str) -> None:
    assert said in failing(loaded, engine, smoke=Smoke(exit=0, text="tool {version}"))


# ---------------------------------------------------------------------------- the engine's own ways


@pytest.mark.parametrize("method", ["start", "state", "stop"])
def test_an_engine_that_goes_away_is_not_the_images_fault(loaded: Loaded, method: str) -> None:
    engine = FakeEngine(states=[HEALTHY], fails={method: GONE, "remove": GONE})
    with pytest.raises(EngineError, match="went away"):
        tried(loaded, engine)
    assert engine.done[-1] == "remove c1"


def test_interrupted_it_leaves_no_container(loaded: Loaded) -> None:
    engine = FakeEngine(states=[HEALTHY], fails={"start": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        tried(loaded, engine)
    assert engine.done[-1] == "remove c1"


def test_another_machines_ports_are_not_taken_for_ours(loaded: Loaded) -> None:
    engine = FakeEngine(facts=Facts(version="1", platform=AMD64, local=False))
    with pytest.raises(EngineError, match="another machine's"):
        tried(loaded, engine)
    assert engine.done == []


def test_what_a_killed_process_left_is_taken_away_first(loaded: Loaded) -> None:
    engine = FakeEngine(states=[HEALTHY], left=("old",))
    tried(loaded, engine)
    assert engine.done[:2] == ["remove old", "create"]


@pytest.mark.parametrize(("tag", "version"), [("1.2.0-rc.1", "1.2.0rc1"), ("edge", "edge")])
def test_a_version_is_expected_as_python_writes_it(loaded: Loaded, tag: str, version: str) -> None:
    named = Loaded(id=ID, image=loaded.image, version=tag, brought=())
    assert Trial(loaded=named, smoke=Smoke()).expected("v{version}") == f"v{version}"
