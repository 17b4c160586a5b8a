"""Candidates for a release, from real files that were really examined; only programs are fakes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from simulators import releases
from support import built
from workflow_containers.platform import AMD64, ARM64
from workflow_release import names
from workflow_release.building.cache import Cache
from workflow_release.judging.evidence import Evidence, LockEvidence, Report
from workflow_release.judging.examine import examine
from workflow_release.judging.examining.environment import Workbench
from workflow_release.judging.gates import GATES
from workflow_release.judging.gates.interface import Candidate
from workflow_release.machine.host import Host
from workflow_release.machine.run import Command, Completed
from workflow_release.model import (
    Artifact,
    Attested,
    DirectoryTarget,
    File,
    Image,
    Lock,
    Plan,
    Recipe,
    Sdist,
    Source,
    UiBundle,
    Wheel,
)
from workflow_release.version import Version
from workflow_sbom import canonical
from workflow_sbom.digest import Digest

SDIST = Sdist(distribution="thing", project=PurePosixPath())
WHEEL = Wheel(distribution="thing", project=PurePosixPath())
UI = UiBundle(name="face", project=PurePosixPath("ui"))
IMAGE = Image(
    name="box", definition=PurePosixPath("box.toml"), platforms=(AMD64, ARM64), wheels=("thing",)
)
RECIPES: tuple[Recipe, ...] = (SDIST, WHEEL, UI, IMAGE)
LOCKS = {
    "python": Lock(name="locks/build.txt", digest=Digest.of(b"build")),
    "npm": Lock(name="ui/package-lock.json", digest=Digest.of(b"npm")),
    "debian": Lock(name="debian.lock.json", digest=Digest.of(b"debian")),
}


@dataclass(slots=True)
class Programs:
    """Runs nothing: every program succeeds and prints the same; implements `Run`."""

    printed: bytes = b"1.2.3\n"
    code: int = 0
    seen: list[Command] = field(default_factory=list)

    def __call__(self, command: Command) -> Completed:
        self.seen.append(command)
        return Completed(code=self.code, stdout=self.printed, stderr=b"")


def host(scratch: Path) -> Host:
    return Host(
        environment={"PATH": "/usr/bin:/bin", "TOKEN": "secret"},
        home=scratch / "home",
        cache=scratch / "cache",
        config=scratch / "config",
        python=Path("/usr/bin/python3"),
        processors=2,
    )


def plan(version: str = built.VERSION, *recipes: Recipe) -> Plan:
    source = Source(
        commit=built.COMMIT,
        committed_at=datetime(2026, 1, 2, tzinfo=UTC),
        tag=f"v{version}",
        refused_tags=(),
        branch="main",
        on_main=True,
        clean=True,
        repository="https://example.org/acme/thing",
    )
    return Plan(
        name="thing",
        version=Version.parse(version),
        source=source,
        previous=Version.parse("1.2.2"),
        released=(Version.parse("1.2.2"), Version.parse(version)),
        changes=(),
        recipes=recipes or RECIPES,
        targets=(DirectoryTarget(path=PurePosixPath("dist")),),
    )


FILES: Mapping[str, tuple[str, bytes, str]] = {
    SDIST.id: ("thing-1.2.3.tar.gz", built.sdist(), "python"),
    WHEEL.id: ("thing-1.2.3-py3-none-any.whl", built.wheel(), "python"),
    UI.id: ("face-1.2.3.tar.gz", built.ui(), "npm"),
    IMAGE.id: ("box-1.2.3.oci.tar", built.image(), "debian"),
}


def artifact(recipe: Recipe, data: bytes, scratch: Path) -> Artifact:
    """The bytes as the file that the recipe's build would have made."""
    name, _, lock = FILES[recipe.id]
    path = scratch / name
    path.write_bytes(data)
    return Artifact(
        recipe=recipe.id,
        name=name,
        media_type="application/octet-stream",
        platforms=(AMD64, ARM64) if recipe is IMAGE else (),
        size=len(data),
        digest=Digest.of(data),
        path=path,
        locks=(LOCKS[lock],),
        index=releases.index_of(data) if recipe is IMAGE else None,
    )


def sbom(of: Artifact) -> File:
    component: canonical.Json = {
        "name": of.name,
        "hashes": [{"alg": "SHA-256", "content": of.digest.hex}],
    }
    text = canonical.document({"metadata": {"component": component}})
    return File.of(names.sbom_of(of.name), "application/json", text)


def evidence(recipe: Recipe, data: bytes) -> tuple[Artifact, Evidence]:
    """What examining the bytes shows; they are said to be explained, and the image to have run."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        made = artifact(recipe, data, scratch)
        bench = Workbench(
            host=host(scratch),
            run=Programs(),
            cache=Cache(scratch / "cache"),
            wheels=(made,) if isinstance(recipe, Wheel) else (),
            requirements=None,
        )
        found = examine(made, recipe, bench)
    found = replace(found, unexplained=())
    if isinstance(recipe, Image) and not found.faults:
        ran = Report(command=("/usr/bin/python3", "--version"), code=0, printed="thing 1.2.3")
        found = replace(found, reported=(ran,))
    return made, found


def candidate(changed: Mapping[str, bytes] | None = None) -> Candidate:
    """A stable release that every gate lets through, with some files' bytes changed."""
    contents = {key: data for key, (_, data, _) in FILES.items()} | dict(changed or {})
    pairs = [evidence(recipe, contents[recipe.id]) for recipe in RECIPES]
    artifacts = tuple(made for made, _ in pairs)
    return Candidate(
        plan=plan(),
        occupied=(),
        attested=Attested(
            artifacts=artifacts,
            sboms=tuple(sbom(each) for each in artifacts),
            release_sbom=File.of("thing-1.2.3.cdx.json", "application/json", b"{}"),
            sums=File.of(names.SUMS, "text/plain", b"sums"),
            provenance=File.of(names.PROVENANCE, "application/json", b"{}"),
        ),
        evidence=tuple(found for _, found in pairs),
        locks=tuple(
            LockEvidence(name=lock.name, digest=lock.digest, unlocked=()) for lock in LOCKS.values()
        ),
    )


def findings(gate: str, before: Candidate) -> list[str]:
    """What the gate of that name finds: subject and message."""
    found = next(each for each in GATES if each.name == gate).findings(before)
    return [f"{each.subject}: {each.message}" for each in found]


def replan(before: Candidate, **changes: object) -> Candidate:
    """The candidate with other facts in its plan."""
    return replace(before, plan=replace(before.plan, **changes))  # type: ignore[arg-type]


def resource(before: Candidate, **changes: object) -> Candidate:
    """The candidate with other facts about its source."""
    return replan(before, source=replace(before.plan.source, **changes))  # type: ignore[arg-type]


def reexamined(before: Candidate, recipe: Recipe, **changes: object) -> Candidate:
    """The candidate with other evidence about one recipe's artifact."""
    name = FILES[recipe.id][0]
    return replace(
        before,
        evidence=tuple(
            replace(each, **changes) if each.artifact == name else each  # type: ignore[arg-type]
            for each in before.evidence
        ),
    )
