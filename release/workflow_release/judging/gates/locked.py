"""Whether everything that went into an artifact was pinned by a hash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import assert_never

from workflow_release.judging.evidence import Evidence
from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_release.model import Artifact, GoBinary, Image, Recipe, Sdist, UiBundle, Wheel

_NPM_LOCKS = frozenset({"package-lock.json", "npm-shrinkwrap.json"})
_RELOCK = "make the lock again, with hashes for everything in it"


def locked(candidate: Candidate) -> Iterator[Fault]:
    """Every artifact was made from locks, and nothing in those is left open."""
    examined = {(lock.name, lock.digest) for lock in candidate.locks}
    for artifact, recipe, evidence in candidate.examined:
        if missing := _missing(artifact, recipe, evidence):
            yield Fault(artifact.name, f"it was built without {missing}", "commit one")
        for lock in artifact.locks:
            if lock.is_renewed:
                said = f"its lock is {lock.name}: the mirror no longer had what was committed"
                yield Fault(artifact.name, said, "lock again, and commit that")
            elif not lock.is_base and (lock.name, lock.digest) not in examined:
                yield Fault(artifact.name, f"its lock {lock.name} was not examined", _RELOCK)
    for found in candidate.locks:
        for fault in found.unlocked:
            yield Fault(found.name, fault, _RELOCK)


def _missing(artifact: Artifact, recipe: Recipe, evidence: Evidence) -> str | None:
    """The lock an artifact of the kind needs and does not have."""
    names = {PurePosixPath(lock.name).name for lock in artifact.locks}
    match recipe:
        case Sdist() | Wheel():
            return None if names else "a lock of its build backend"
        case UiBundle():
            return None if names & _NPM_LOCKS else "a package-lock.json"
        case Image():
            return None if names else "a lock of its packages"
        case GoBinary():
            return None if "go.sum" in names or not evidence.requirements else "a go.sum"
        case _:
            assert_never(recipe)
