"""The smoke test of an image: how it is tried before anyone else runs it."""

from __future__ import annotations

from dataclasses import dataclass

from workflow_sbom.errors import Fault, TableError
from workflow_sbom.tables import described

FOLDER = r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._@+-]+)+"
MEMORY = 512
LEAST_MEMORY = 16
_PATH = r"/[!-~]*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """A path that the running image answers, on the port that PORT in its environment names."""

    path: str = described("The path, with its query", pattern=_PATH)
    status: int = described("The HTTP status of the answer", default=200)
    text: str = described(
        "A part of the answer; {version} is the image's, as Python writes it", default=""
    )

    def __post_init__(self) -> None:
        if not 200 <= self.status < 600:
            raise TableError([Fault("status", f"{self.status} is no status of an answer", "200")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoke:
    """How the image is tried: it serves until it is told to stop, or ends by itself."""

    args: tuple[str, ...] | None = described("Arguments in place of cmd", default=None)
    get: tuple[Get, ...] = described("What it answers while it runs", default=())
    exit: int | None = described(
        "The code it ends with by itself; without one, it is stopped, and ends with 0",
        default=None,
    )
    text: str = described("A part of what it prints; {version} as above", default="")

    tmpfs: tuple[str, ...] = described(
        "Folders it may write to, gone when it ends", default=(), pattern=FOLDER
    )
    memory: int = described("MiB of memory that it may have", default=MEMORY)

    def __post_init__(self) -> None:
        faults = []
        if self.memory < LEAST_MEMORY:
            faults.append(
                Fault("memory", f"{self.memory} MiB is too little", f"{LEAST_MEMORY} or more")
            )
        if self.exit is not None and not 0 <= self.exit < 256:
            faults.append(Fault("exit", f"{self.exit} is no exit code", "0 to 255"))
        if self.exit is not None and self.get:
            faults.append(Fault("exit", "an image that ends by itself answers nothing", "drop get"))
        if faults:
            raise TableError(faults)
