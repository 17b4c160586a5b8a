"""`release.json`: the whole line of values of a release, naming every other file by digest. Pure.

One release has one text (canonical JSON, indented), and only that text is read back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from workflow_containers.oci.reference import Namespace
from workflow_containers.platform import Platform
from workflow_release import names
from workflow_release.errors import RecordError
from workflow_release.model import Artifact, Attested, File, Lock, Plan
from workflow_release.version import Version
from workflow_sbom import canonical, tables
from workflow_sbom.canonical import Json
from workflow_sbom.digest import Digest
from workflow_sbom.errors import DocumentError, Fault, TableError
from workflow_sbom.printable import printable

SCHEMA = f"{names.NAMESPACE}/release/v1"
MEDIA_TYPE = "application/json"
MAX_BYTES = 16 << 20
_REMEDY = "get the release again from where it was published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of the release: its name, media type, size in bytes and digest."""

    name: str
    media_type: str
    size: int
    digest: Digest

    def __post_init__(self) -> None:
        if fault := names.fault_in(self.name):
            raise ValueError(fault)
        if self.size < 0:
            raise ValueError(f"the size {self.size} is below zero")

    @classmethod
    def of(cls, file: File) -> Entry:
        """The entry of a file that was made."""
        return cls(name=file.name, media_type=file.media_type, size=file.size, digest=file.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built(Entry):
    """An artifact: the file, what it was made by and from, and the SBOM that describes it.

    `index` is the digest by which registries know an image.
    """

    recipe: str
    platforms: tuple[Platform, ...]
    locks: tuple[Lock, ...]
    index: Digest | None
    sbom: Entry

    def __post_init__(self) -> None:
        Entry.__post_init__(self)
        if fault := names.faults_in_artifact(self.name):
            raise ValueError(fault)
        if self.sbom.name != names.sbom_of(self.name):
            raise ValueError(f"the SBOM of {self.name} is not called {names.sbom_of(self.name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A whole release: the plan, every file, and the names of the gates it passed.

    `undecided` names the gates that could not tell and let a pre-release through; a record of a
    release without any has no such key.
    """

    plan: Plan
    artifacts: tuple[Built, ...]
    release_sbom: Entry
    sums: Entry
    provenance: Entry
    gates: tuple[str, ...]
    undecided: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.artifacts:
            raise ValueError("a release holds at least one artifact")
        if twice := names.twice(entry.name for entry in self.files):
            raise ValueError(f"two files of one name: {', '.join(twice)}")
        known = {recipe.id for recipe in self.plan.recipes}
        if foreign := sorted({built.recipe for built in self.artifacts} - known):
            raise ValueError(f"made by recipes that the plan has not: {', '.join(foreign)}")
        if (self.sums.name, self.provenance.name) != (names.SUMS, names.PROVENANCE):
            raise ValueError(f"the sums and the provenance are {names.SUMS}, {names.PROVENANCE}")

    @classmethod
    def of(
        cls, plan: Plan, attested: Attested, gates: Iterable[str], undecided: Iterable[str] = ()
    ) -> Release:
        """The record of what was attested and let through."""
        return cls(
            plan=plan,
            artifacts=tuple(
                _built(artifact, sbom)
                for artifact, sbom in zip(attested.artifacts, attested.sboms, strict=True)
            ),
            release_sbom=Entry.of(attested.release_sbom),
            sums=Entry.of(attested.sums),
            provenance=Entry.of(attested.provenance),
            gates=tuple(gates),
            undecided=tuple(undecided),
        )

    @property
    def described(self) -> tuple[Entry, ...]:
        """What `SHA256SUMS` lists: artifacts and SBOMs."""
        return (*self.artifacts, *(built.sbom for built in self.artifacts), self.release_sbom)

    @property
    def files(self) -> tuple[Entry, ...]:
        """Every file of the release but the record itself and its signature."""
        return (*self.described, self.sums, self.provenance)


def _built(artifact: Artifact, sbom: File) -> Built:
    return Built(
        name=artifact.name,
        media_type=artifact.media_type,
        size=artifact.size,
        digest=artifact.digest,
        recipe=artifact.recipe,
        platforms=artifact.platforms,
        locks=artifact.locks,
        index=artifact.index,
        sbom=Entry.of(sbom),
    )


def render(release: Release) -> bytes:
    """The record's one text."""
    fields = _fields(release)
    if not release.undecided:
        del fields["undecided"]
    return canonical.document({"schema": SCHEMA, **fields})


def parse(data: bytes) -> Release:
    """Read a record; raises `RecordError` with every fault, a line each."""
    try:
        table = canonical.decode(data, limit=MAX_BYTES)
        release = tables.read(Release, _keys(_without_schema(table)))
    except DocumentError as error:
        raise RecordError(f"{names.RECORD}: {error}", remedy=_REMEDY) from error
    except TableError as error:
        raise RecordError("\n".join(map(_line, error.faults)), remedy=_REMEDY) from error
    if render(release) != data:
        raise RecordError(
            f"{names.RECORD}: its bytes are not the canonical form that was written",
            remedy=_REMEDY,
        )
    return release


def _json(value: Any) -> Json:
    match value:
        case None | bool() | int() | str():
            return value
        case Digest() | Version() | Platform() | Namespace() | PurePosixPath():
            return str(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return [_json(item) for item in value]
        case _:
            return _fields(value)


def _fields(value: Any) -> dict[str, Json]:
    return {each.name: _json(getattr(value, each.name)) for each in dataclasses.fields(value)}


def _without_schema(table: Any) -> Mapping[str, Any]:
    """The record's own table; a record of another schema is not guessed at."""
    if not isinstance(table, Mapping) or table.get("schema") != SCHEMA:
        raise DocumentError(f"no record of the schema {SCHEMA}")
    return {key: value for key, value in table.items() if key != "schema"}


def _keys(value: Any) -> Any:
    """Keys as the typed tables spell them; any that was spelt so before is no canonical record."""
    match value:
        case Mapping():
            return {key.replace("_", "-"): _keys(item) for key, item in value.items()}
        case list():
            return [_keys(item) for item in value]
        case _:
            return value


def _line(fault: Fault) -> str:
    told = Fault(fault.path.replace("-", "_"), fault.message, fault.remedy)
    return printable(f"{names.RECORD}: {told}")
