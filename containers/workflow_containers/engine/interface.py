"""What of a Docker Engine is used here, as values and one Protocol; `daemon` implements it.

Every method raises `EngineError` when the engine is gone, refuses, or answers nonsense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, Protocol

from workflow_containers.platform import Platform
from workflow_containers.smoke import MEMORY
from workflow_sbom.digest import Digest

Network = Literal["none", "host"]
Health = Literal["none", "starting", "healthy", "unhealthy"]
LABEL = "io.github.gocodealone.workflow.containers"
PROCESSES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An engine: its version, what it runs, and whether it is on this machine."""

    version: str
    platform: Platform
    local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An image that an engine has: the id it goes by, and the digests of its layers' contents."""

    id: Digest
    platform: Platform
    diff_ids: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """When the image's health check is made: every so many seconds, failures of the first `grace`
    seconds not counted.
    """

    every: int = 1
    grace: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """A container with everything dropped but what is named here.

    `arguments` replace the image's own (None leaves them); `tmpfs` are paths in the container;
    `memory` is in bytes; `checks` replace the image's own times for its health check; `within`
    seconds whoever wants it is done with it, however that ended.
    """

    image: Digest
    arguments: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    network: Network = "none"
    tmpfs: tuple[str, ...] = ()
    memory: int = MEMORY << 20
    processes: int = PROCESSES
    checks: Checks | None = None
    within: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A container at one moment; `said` is what its last health check printed."""

    running: bool
    exit_code: int = 0
    health: Health = "none"
    said: str = ""
    out_of_memory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A Containerfile to build: the context as a tar archive, the file's path in it."""

    context: Path
    file: str
    network: Network


class Engine(Protocol):
    """A Docker Engine."""

    @property
    def facts(self) -> Facts:
        """What it is."""
        ...

    def load(self, archive: IO[bytes]) -> None:
        """Hand it an archive, as `docker load` does. It may have loaded nothing all the same."""
        ...

    def image(self, digest: Digest) -> Held | None:
        """The image with that id, if it has it; no name is asked for."""
        ...

    def forget(self, digest: Digest) -> None:
        """Remove an image and its names, unless a container uses it."""
        ...

    def create(self, wanted: Confined) -> str:
        """A container that was not started yet; its id. Nothing is left when this is cut short."""
        ...

    def start(self, container: str) -> None:
        """Start it; raises `UnhealthyError` when its program can't be."""
        ...

    def output(self, container: str) -> Iterator[tuple[bytes, bytes]]:
        """What it writes to its standard output and error, from now until it ends."""
        ...

    def state(self, container: str) -> State:
        """How it is."""
        ...

    def tail(self, container: str, lines: int) -> bytes:
        """The last lines it wrote, to standard output and error; some hundred kilobytes at most."""
        ...

    def stop(self, container: str, seconds: int) -> None:
        """Tell it to end (SIGTERM, or what the image asks for); after so many seconds, kill it."""
        ...

    def remove(self, container: str) -> None:
        """Kill and remove it with its volumes; one that is gone is no error."""
        ...

    def build(self, wanted: Build) -> Iterator[str | Digest]:
        """Build a Containerfile: what the engine says, line by line, then the image's id."""
        ...

    def save(self, digest: Digest) -> Iterator[bytes]:
        """An image as `docker save` writes it."""
        ...

    def abandoned(self) -> Sequence[str]:
        """Containers of ours that nobody can be waiting for any more."""
        ...
