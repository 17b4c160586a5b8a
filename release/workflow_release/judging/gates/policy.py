"""Whether the release's SBOMs meet what the repository demands of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_sbom.policy.findings import Finding
from workflow_sbom.policy.telling import told

_SHOWN = 3
_LOOK = "workflow-sbom check tells it in full"


def asked(candidate: Candidate) -> bool:
    """Whether the repository has a policy."""
    return candidate.verdict is not None


def policy(candidate: Candidate) -> Iterator[Fault]:
    """What the policy refuses; of a stable release also what it can't tell."""
    verdict = candidate.verdict
    if verdict is not None:
        yield from _faults(verdict.weighing("fail"))
        if candidate.plan.version.stable:
            yield from _faults(verdict.weighing("unknown"))


def undecided(candidate: Candidate) -> Iterator[Fault]:
    """What the policy can't tell of a pre-release."""
    verdict = candidate.verdict
    if verdict is not None and not candidate.plan.version.stable:
        yield from _faults(verdict.weighing("unknown"))


def _faults(findings: Iterable[Finding]) -> Iterator[Fault]:
    """One fault for what many components have alike."""
    for each in told(findings):
        first, *others = each.places(_SHOWN)
        also = f" (also: {'; '.join(others)})" if others else ""
        yield Fault(first, f"{each.what}{also}", each.remedy or _LOOK)
