"""Trying an image before anyone else runs it: it becomes well, answers, and ends when told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from packaging.version import InvalidVersion, Version

from workflow_containers.engine.interface import Checks, Confined, Engine, Network, State
from workflow_containers.engine.loading import Loaded
from workflow_containers.engine.machine import Machine
from workflow_containers.engine.running import container
from workflow_containers.errors import EngineError, UnhealthyError
from workflow_containers.smoke import Get, Smoke
from workflow_sbom.digest import Digest
from workflow_sbom.printable import printable

PORT = "PORT"
_STEP = 0.1
_LINES = 20
_LONGEST = 300
_ROOM = 600
_KILLED = 137  # 128 and SIGKILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that are given: to become healthy or to end, to answer, to end when told to."""

    start: int = 60
    answer: int = 10
    stop: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What to try of a loaded image, and how long to wait for it."""

    loaded: Loaded
    smoke: Smoke
    patience: Patience = field(default_factory=Patience)

    @property
    def within(self) -> int:
        """Seconds after which the trial is over, with room for a slow engine."""
        asked = 2 * self.patience.answer * len(self.smoke.get)
        return self.patience.start + asked + self.patience.stop + _ROOM

    @property
    def network(self) -> Network:
        """The host's where something is asked for: then it must be reached; else none."""
        return "host" if self.smoke.get else "none"

    def confined(self, port: int) -> Confined:
        """The container to try it in."""
        return Confined(
            image=self.loaded.id,
            arguments=self.smoke.args,
            environment={PORT: str(port)} if self.smoke.get else {},
            network=self.network,
            tmpfs=self.smoke.tmpfs,
            memory=self.smoke.memory << 20,
            checks=Checks(grace=self.patience.start) if self.loaded.has_health_check else None,
            within=self.within,
        )

    def expected(self, text: str) -> str:
        """A text of the definition, with the image's version in it."""
        return text.replace("{version}", _as_python_has_it(self.loaded.version))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A path that was answered as expected, so many seconds after it was first asked for."""

    path: str
    status: int
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An image that passed; times are in seconds.

    `healthy_after` its start (None without a health check); `ended_after` being told to stop, or
    after its start when it ends by itself.
    """

    image: Digest
    healthy_after: float | None
    answered: tuple[Answered, ...]
    ended_after: float
    exit_code: int


def attempt(engine: Engine, trial: Trial, machine: Machine) -> Outcome:
    """Try the image with everything dropped; nothing is left of the container.

    Raises `UnhealthyError` with its last lines for an image that does not pass, `EngineError` for
    an engine that fails or whose ports are not this machine's.
    """
    if trial.smoke.get and not engine.facts.local:
        raise EngineError(
            "the engine is another machine's, where no answer can be asked for",
            remedy="try the image on the engine's own machine",
        )
    port = machine.free_port()
    with container(engine, trial.confined(port)) as made:
        trying = _Trying(engine, made, trial, machine)
        engine.start(made)
        return trying.serve(port) if trial.smoke.exit is None else trying.end(trial.smoke.exit)


@dataclass(frozen=True, slots=True)
class _Trying:
    """A started container and what is expected of it."""

    engine: Engine
    container: str
    trial: Trial
    machine: Machine

    def serve(self, port: int) -> Outcome:
        """It becomes healthy, answers, and ends with 0 when told to."""
        healthy_after = self._healthy()
        answered = tuple(self._answer(get, port) for get in self.trial.smoke.get)
        self._check_text(self.trial.smoke.text)
        ended_after = self._stop()
        return Outcome(
            image=self.trial.loaded.id,
            healthy_after=healthy_after if self.trial.loaded.has_health_check else None,
            answered=answered,
            ended_after=ended_after,
            exit_code=0,
        )

    def end(self, expected: int) -> Outcome:
        """It ends by itself, with that code."""

        def ended(state: State) -> bool:
            return not state.running

        ended_after = self._until(ended, self.trial.patience.start, "has not ended")
        state = self.engine.state(self.container)
        if state.exit_code != expected:
            raise self._failed(f"ended with {_code(state)}, not {expected}", "mend the image")
        self._check_text(self.trial.smoke.text)
        return Outcome(
            image=self.trial.loaded.id,
            healthy_after=None,
            answered=(),
            ended_after=ended_after,
            exit_code=expected,
        )

    def _healthy(self) -> float:
        def healthy(state: State) -> bool:
            self._check_running(state)
            if state.health == "unhealthy":
                raise self._failed(
                    f"unhealthy, its check said {_line(state.said) or 'nothing'!r}",
                    "mend the image, or its health check",
                )
            return state.health == "healthy" or not self.trial.loaded.has_health_check

        return self._until(healthy, self.trial.patience.start, "not healthy")

    def _answer(self, get: Get, port: int) -> Answered:
        begin = self.machine.now()

        def answers(state: State) -> bool:
            self._check_running(state)
            answer = self.machine.get(port, get.path, self.trial.patience.answer)
            if answer is None:
                return False
            self._check_answer(get, answer.status, answer.body.decode(errors="replace"))
            return True

        self._until(answers, self.trial.patience.answer, f"no answer at {get.path}")
        return Answered(path=get.path, status=get.status, after=self.machine.now() - begin)

    def _check_answer(self, get: Get, status: int, body: str) -> None:
        remedy = "mend the image, or what its definition expects"
        if status != get.status:
            raise self._failed(f"answers {get.path} with {status}, not {get.status}", remedy)
        if (text := self.trial.expected(get.text)) not in body:
            raise self._failed(f"answers {get.path} without {text!r}: {_line(body)!r}", remedy)

    def _check_text(self, text: str) -> None:
        if (expected := self.trial.expected(text)) not in self._log():
            remedy = "mend the image, or what its definition expects"
            raise self._failed(f"did not print {expected!r}", remedy)

    def _check_running(self, state: State) -> None:
        if not state.running:
            raise self._failed(f"ended with {_code(state)}", "it must run until it is stopped")

    def _stop(self) -> float:
        self._check_running(self.engine.state(self.container))
        begin = self.machine.now()
        self.engine.stop(self.container, self.trial.patience.stop)
        after = self.machine.now() - begin
        state = self.engine.state(self.container)
        if state.exit_code == _KILLED and not state.out_of_memory:
            seconds = self.trial.patience.stop
            raise self._failed(f"still ran {seconds} seconds after SIGTERM", "end on SIGTERM")
        if state.exit_code != 0:
            raise self._failed(f"ended with {_code(state)} when told to", "end with 0 on SIGTERM")
        return after

    def _until(self, reached: Callable[[State], bool], seconds: int, otherwise: str) -> float:
        begin = self.machine.now()
        while not reached(self.engine.state(self.container)):
            if self.machine.now() - begin > seconds:
                raise self._failed(f"{otherwise} after {seconds} seconds", "look at what it prints")
            self.machine.pause(_STEP)
        return self.machine.now() - begin

    def _log(self) -> str:
        return self.engine.tail(self.container, _LINES).decode(errors="replace")

    def _failed(self, what: str, remedy: str) -> UnhealthyError:
        lines = [_line(line) for line in self._log().splitlines()[-_LINES:]]
        said = [f"  its log: {line}" for line in lines if line]
        name = f"{self.trial.loaded.image.platform} image {self.trial.loaded.id}"
        return UnhealthyError("\n".join([f"the {name}: {what}", *said]), remedy=remedy)


def _line(text: str) -> str:
    return printable(" ".join(text.split())[:_LONGEST])


def _code(state: State) -> str:
    return f"{state.exit_code}, out of memory" if state.out_of_memory else str(state.exit_code)


def _as_python_has_it(version: str) -> str:
    """1.2.0-rc.1, as a tag has it, is 1.2.0rc1 to Python; another text stays as it is."""
    try:
        return str(Version(version))
    except InvalidVersion:
        return version
