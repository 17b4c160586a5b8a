"""Examining what was built: its bytes are read, what can be run is run, locks are gone through.

The edge before the judge. A file that can't be read is no error here but evidence of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, assert_never

from workflow_release.building.cache import Cache
from workflow_release.errors import BuildError, ReleaseError
from workflow_release.judging.evidence import Evidence, LockEvidence
from workflow_release.judging.examining import environment, locks
from workflow_release.judging.examining.environment import Workbench
from workflow_release.judging.examining.go import examine_go
from workflow_release.judging.examining.oci import examine_image
from workflow_release.judging.examining.policy import Demands
from workflow_release.judging.examining.python import examine_sdist, examine_wheel
from workflow_release.judging.examining.ui import examine_ui
from workflow_release.judging.gates.interface import Candidate
from workflow_release.machine.host import Host
from workflow_release.machine.run import Run
from workflow_release.model import (
    Artifact,
    Attested,
    GoBinary,
    Image,
    Lock,
    Plan,
    Recipe,
    Sdist,
    UiBundle,
    Wheel,
)
from workflow_sbom.digest import Digest, measure

Explain = Callable[[Artifact, Recipe], tuple[str, ...]]
"""The entries of an artifact that nothing explains, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiner:
    """What examining needs of the machine.

    `locks` gives the bytes of a lock, or raises `OSError` or `ReleaseError`; `requirements` is the
    hashed requirement file that the wheels are installed beside when they are run. `explain` goes
    through what is in an artifact, `demands` has the repository's policy.
    """

    host: Host
    run: Run
    cache: Cache
    locks: Callable[[Lock], bytes]
    explain: Explain
    demands: Demands | None = None
    requirements: Path | None = None


def gather(
    plan: Plan, attested: Attested, occupied: tuple[str, ...], examiner: Examiner
) -> Candidate:
    """Everything the gates look at; artifacts are examined side by side."""
    recipes = {recipe.id: recipe for recipe in plan.recipes}
    planned = [artifact for artifact in attested.artifacts if artifact.recipe in recipes]
    bench = _workbench(planned, recipes, examiner)

    def one(artifact: Artifact) -> Evidence:
        recipe = recipes[artifact.recipe]
        found = examine(artifact, recipe, bench)
        return replace(found, unexplained=examiner.explain(artifact, recipe))

    with ThreadPoolExecutor(max_workers=examiner.host.processors) as pool:
        answer = pool.submit(examiner.demands.verdict, attested) if examiner.demands else None
        evidence = tuple(pool.map(one, planned))
    return Candidate(
        plan=plan,
        occupied=occupied,
        attested=attested,
        evidence=evidence,
        locks=examine_locks(attested.artifacts, examiner),
        verdict=answer.result() if answer else None,
    )


def examine(artifact: Artifact, recipe: Recipe, bench: Workbench) -> Evidence:
    """Read an artifact and run it; raises `OSError` when it is not there."""
    with artifact.path.open("rb") as stream:
        found = replace(artifact, digest=measure(stream).digest)
        stream.seek(0)
        try:
            evidence = _read(stream, found, recipe)
        except BuildError as error:
            # What can't even be read is not run.
            return Evidence(artifact=found.name, digest=found.digest, faults=(error.message,))
    return _run(evidence, artifact, recipe, bench)


def _read(stream: IO[bytes], artifact: Artifact, recipe: Recipe) -> Evidence:
    match recipe:
        case Sdist():
            return examine_sdist(stream, artifact)
        case Wheel():
            return examine_wheel(stream, artifact)
        case UiBundle():
            return examine_ui(stream, artifact)
        case Image():
            return examine_image(stream, artifact)
        case GoBinary():
            return examine_go(artifact)
        case _:
            assert_never(recipe)


def _run(evidence: Evidence, artifact: Artifact, recipe: Recipe, bench: Workbench) -> Evidence:
    match recipe:
        case Sdist() | UiBundle():
            return evidence
        case Wheel():
            reports = (environment.run_wheel(recipe, bench),)
            return replace(evidence, reported=(*evidence.reported, *reports))
        case Image():
            return replace(evidence, reported=environment.run_image(artifact, recipe, bench))
        case GoBinary():
            return replace(evidence, reported=environment.run_go(artifact, recipe, bench))
        case _:
            assert_never(recipe)


def _workbench(
    artifacts: Iterable[Artifact], recipes: dict[str, Recipe], examiner: Examiner
) -> Workbench:
    wheels = (each for each in artifacts if isinstance(recipes[each.recipe], Wheel))
    return Workbench(
        host=examiner.host,
        run=examiner.run,
        cache=examiner.cache,
        wheels=tuple(sorted(wheels, key=lambda each: each.name)),
        requirements=examiner.requirements,
    )


def examine_locks(artifacts: Iterable[Artifact], examiner: Examiner) -> tuple[LockEvidence, ...]:
    """What the locks of all artifacts leave open, each lock once."""
    named = {
        (lock.name, lock.digest): lock
        for artifact in artifacts
        for lock in artifact.locks
        # apt proved what was resolved again when it was made, and a base is held to its digest
        if not (lock.is_renewed or lock.is_base)
    }
    return tuple(_lock(named[key], examiner) for key in sorted(named))


def _lock(lock: Lock, examiner: Examiner) -> LockEvidence:
    try:
        data = examiner.locks(lock)
    except (OSError, ReleaseError) as error:
        return LockEvidence(
            name=lock.name, digest=lock.digest, unlocked=(f"it can't be read: {error}",)
        )
    if Digest.of(data) != lock.digest:
        changed = ("it is not the lock that the artifact was made from",)
        return LockEvidence(name=lock.name, digest=lock.digest, unlocked=changed)
    return LockEvidence(
        name=lock.name, digest=lock.digest, unlocked=locks.unlocked(lock.name, data)
    )
