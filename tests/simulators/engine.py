"""A Docker Engine and a machine for tests: their answers are written down, requests kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from workflow_containers.engine.interface import Build, Confined, Facts, Held, State
from workflow_containers.engine.machine import Answer
from workflow_containers.errors import EngineError
from workflow_containers.platform import AMD64
from workflow_sbom.digest import Digest

RUNNING = State(running=True)
STARTING = State(running=True, health="starting")
HEALTHY = State(running=True, health="healthy")
ENDED = State(running=False, exit_code=0)
GONE = EngineError("the engine went away", remedy="start it")


@dataclass(slots=True, kw_only=True)
class FakeMachine:
    """A machine whose time passes when somebody waits; implements `Machine`."""

    answers: list[Answer | None] = field(default_factory=list)
    time: float = 1000.0
    asked: list[tuple[int, str]] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds

    def free_port(self) -> int:
        return 4711

    def get(self, port: int, path: str, seconds: float) -> Answer | None:
        self.asked.append((port, path))
        return self.answers.pop(0) if self.answers else None


@dataclass(slots=True, kw_only=True)
class FakeEngine:
    """An engine that goes through `states`, the last for ever; implements `Engine`.

    `brings` are the images that loading an archive leaves; `fails` the errors of its methods.
    """

    facts: Facts = field(default_factory=lambda: Facts(version="20.10", platform=AMD64, local=True))
    images: dict[Digest, Held] = field(default_factory=dict)
    brings: tuple[Held, ...] = ()
    states: list[State] = field(default_factory=lambda: [RUNNING])
    stopped: State = ENDED
    log: bytes = b""
    pieces: Sequence[tuple[bytes, bytes] | BaseException] = ()
    built: Sequence[str | Digest] = ()
    archive: Sequence[bytes] = ()
    left: tuple[str, ...] = ()
    fails: Mapping[str, BaseException] = field(default_factory=dict)
    created: list[Confined] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def _do(self, what: str, argument: object = "") -> None:
        self.done.append(f"{what} {argument}".strip())
        if error := self.fails.get(what):
            raise error

    def load(self, archive: IO[bytes]) -> None:
        self._do("load")
        self.sent.append(archive.read())
        self.images.update({held.id: held for held in self.brings})

    def image(self, digest: Digest) -> Held | None:
        if error := self.fails.get("image"):
            raise error
        return self.images.get(digest)

    def forget(self, digest: Digest) -> None:
        self._do("forget", digest)
        self.images.pop(digest, None)

    def create(self, wanted: Confined) -> str:
        self._do("create")
        self.created.append(wanted)
        return "c1"

    def start(self, container: str) -> None:
        self._do("start", container)

    def output(self, container: str) -> Iterator[tuple[bytes, bytes]]:
        self._do("output", container)
        return self._pieces()

    def _pieces(self) -> Iterator[tuple[bytes, bytes]]:
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    def state(self, container: str) -> State:
        if error := self.fails.get("state"):
            raise error
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def tail(self, container: str, lines: int) -> bytes:
        return b"\n".join(self.log.splitlines()[-lines:])

    def stop(self, container: str, seconds: int) -> None:
        self._do("stop", container)
        self.states = [self.stopped]

    def remove(self, container: str) -> None:
        self._do("remove", container)

    def build(self, wanted: Build) -> Iterator[str | Digest]:
        self._do("build")
        self.builds.append(wanted)
        self.sent.append(wanted.context.read_bytes())
        return iter(self.built)

    def save(self, digest: Digest) -> Iterator[bytes]:
        self._do("save", digest)
        return iter(self.archive)

    def abandoned(self) -> Sequence[str]:
        return self.left
