"""What a builder is handed, and what it gives back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workflow_release.building.cache import Cache, FileHit
from workflow_release.building.once import Once
from workflow_release.building.staging import Tree
from workflow_release.errors import BuildError
from workflow_release.machine.host import Host
from workflow_release.machine.run import Run
from workflow_release.model import Artifact, Lock, Plan
from workflow_release.planning.publisher import Standing
from workflow_release.repository.git import Repository
from workflow_sbom.canonical import Json
from workflow_sbom.digest import Digest
from workflow_sbom.errors import SbomError
from workflow_sbom.python import requirements
from workflow_sbom.python.requirements import LockedRequirement
from workflow_sbom.terminal.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFile:
    """A lock of hashed requirements: its name in records, and its bytes."""

    name: str
    content: bytes

    @property
    def lock(self) -> Lock:
        """What records say of it."""
        return Lock(name=self.name, digest=Digest.of(self.content))

    def entries(self) -> tuple[LockedRequirement, ...]:
        """What it names; raises `BuildError` for anything but pinned packages with hashes."""
        try:
            return requirements.parse(self.content).requirements
        except SbomError as error:
            raise BuildError(f"{self.name}: {error}", remedy="make the lock again") from error

    def only(self, names: Collection[str]) -> LockFile:
        """The part of it that locks these packages, by their canonical names."""
        lines = [_line(entry) for entry in self.entries() if entry.name in names]
        part = ", ".join(sorted(names)) or "nothing"
        return LockFile(name=f"{self.name} for {part}", content=b"".join(lines))


def _line(entry: LockedRequirement) -> bytes:
    marker = f" ; {entry.marker}" if entry.marker else ""
    hashes = "".join(f" --hash={digest}" for digest in entry.hashes)
    return f"{entry.name}=={entry.version}{marker}{hashes}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """The Debian mirror that a person named, if any; else the machine's configuration serves."""

    debian: str | None = None
    security: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program outside Python: the folder it is in, and its version as it says it."""

    folder: Path
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """All that building works with: the plan, the commit's tree, and the machine.

    `tools` are the programs that were looked for in this run: each once, whoever needs it.
    `standing` is who stands behind what is made.
    """

    plan: Plan
    repository: Repository
    tree: Tree
    host: Host
    run: Run
    cache: Cache
    progress: Progress
    backends: LockFile
    toolkit: Digest
    mirror: Mirror = Mirror()
    standing: Standing = field(default_factory=Standing)
    tools: Once[Tool] = field(default_factory=Once)

    def log(self, recipe_id: str) -> Path:
        """Where the output of a recipe's programs goes; every checkout has logs of its own."""
        checkout = Digest.of(bytes(self.repository.folder.resolve())).hex[:12]
        folder = self.cache.root / "logs" / checkout
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{recipe_id.replace(':', '-').replace('/', '-')}.log"

    def parts(self, **parts: Json) -> dict[str, Json]:
        """The parts of a cache key, with what every key holds: the toolkit itself."""
        return {"toolkit": self.toolkit.hex, **parts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An artifact, and whether it was there already."""

    artifact: Artifact
    reused: bool


Needed = Mapping[str, Made]


def artifact_of(
    hit: FileHit, recipe_id: str, media_type: str, locks: tuple[Lock, ...] = ()
) -> Artifact:
    """The artifact a cached file is."""
    return Artifact(
        recipe=recipe_id,
        name=hit.path.name,
        media_type=media_type,
        platforms=(),
        size=hit.measured.size,
        digest=hit.measured.digest,
        path=hit.path,
        locks=locks,
    )
