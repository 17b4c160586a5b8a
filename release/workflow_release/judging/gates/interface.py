"""What every gate is, and all it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from workflow_release.judging.evidence import Evidence, LockEvidence
from workflow_release.model import Artifact, Attested, Finding, Plan, Recipe
from workflow_release.version import Version
from workflow_sbom.policy.verdict import Verdict
from workflow_sbom.printable import printable

Concern = Literal["every", "stable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A release before anything is built.

    `occupied` says which targets hold something else under this version.
    """

    plan: Plan
    occupied: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(Prospect):
    """A release before the judge.

    `evidence` has an entry an artifact, `locks` one for each lock that artifacts name. `verdict` is
    the answer of the repository's policy about the SBOMs, None when it has no policy.
    """

    attested: Attested
    evidence: tuple[Evidence, ...]
    locks: tuple[LockEvidence, ...]
    verdict: Verdict | None = None

    def recipe_of(self, artifact: Artifact) -> Recipe | None:
        """The planned recipe of an artifact."""
        return next((each for each in self.plan.recipes if each.id == artifact.recipe), None)

    def evidence_of(self, artifact: Artifact) -> Evidence | None:
        """What was found in exactly this artifact's bytes."""
        wanted = (artifact.name, artifact.digest)
        return next((e for e in self.evidence if (e.artifact, e.digest) == wanted), None)

    @property
    def examined(self) -> Iterator[tuple[Artifact, Recipe, Evidence]]:
        """The artifacts with a recipe and evidence; the gate `complete` refuses the others."""
        for artifact in self.attested.artifacts:
            recipe, evidence = self.recipe_of(artifact), self.evidence_of(artifact)
            if recipe is not None and evidence is not None:
                yield artifact, recipe, evidence


def _nothing(_: Candidate) -> Iterable[Fault]:
    return ()


def _always(_: Candidate) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Fault:
    """What a gate finds: about what, the fault and the remedy."""

    subject: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A check's name, and whether pre-releases have to pass it, too."""

    name: str
    concerns: Concern

    def applies_to(self, version: Version) -> bool:
        """Whether a release of this version has to pass."""
        return self.concerns == "every" or version.stable

    def _found(self, faults: Iterable[Fault]) -> tuple[Finding, ...]:
        return tuple(
            Finding(
                gate=self.name,
                subject=_shown(fault.subject, 200),
                message=_shown(fault.message, 600),
                remedy=fault.remedy,
            )
            for fault in faults
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanGate(_Named):
    """A named pure check that can refuse before anything is built."""

    check: Callable[[Prospect], Iterable[Fault]]

    def findings(self, prospect: Prospect) -> tuple[Finding, ...]:
        """Every fault under this gate's name, in the order the gate saw them, fit to be shown."""
        return self._found(self.check(prospect))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(_Named):
    """A named pure check of what was built.

    `asked` says whether anybody asks for it. `open` is what it could not decide and lets pass, for
    a pre-release: the gate is not among those passed then.
    """

    check: Callable[[Candidate], Iterable[Fault]]
    asked: Callable[[Candidate], bool] = _always
    open: Callable[[Candidate], Iterable[Fault]] = _nothing

    def findings(self, candidate: Candidate) -> tuple[Finding, ...]:
        """As `PlanGate.findings`."""
        return self._found(self.check(candidate))

    def undecided(self, candidate: Candidate) -> tuple[Finding, ...]:
        """What the gate lets pass without knowing that it is good."""
        return self._found(self.open(candidate))


def _shown(text: str, most: int) -> str:
    """A text that may quote what came from outside, on one line of bounded length."""
    return printable(text if len(text) <= most else f"{text[:most]}…")
