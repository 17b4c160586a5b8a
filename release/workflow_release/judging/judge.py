"""The judge: every gate looks at the whole candidate; all pass, or all findings come back at once.

Pure. Fails closed: no gates, no evidence about an artifact or an artifact nobody planned are
refusals. `Cleared` has no other maker.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import NoReturn

from workflow_release.errors import GateError
from workflow_release.judging.gates import GATES, PLAN_GATES
from workflow_release.judging.gates.interface import Candidate, Gate, PlanGate, Prospect
from workflow_release.model import Attested, Finding, Plan

__all__ = ["GATES", "PLAN_GATES", "Candidate", "Cleared", "Gate", "judge", "preflight"]

_TOKEN = object()
_REMEDY = "nothing was published; mend every line above and run the same command again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What the gates let through, and the names of those it passed. Only `judge` makes one.

    `undecided` is what gates could not decide: they let a pre-release through, but did not pass it.
    """

    plan: Plan
    attested: Attested
    gates: tuple[str, ...]
    undecided: tuple[Finding, ...]
    token: InitVar[object]

    def __post_init__(self, token: object) -> None:
        if token is not _TOKEN:
            raise GateError(
                "a release is cleared by the judge and by nothing else",
                remedy="call judge() with the candidate",
            )

    def __reduce__(self) -> NoReturn:
        raise TypeError("what was cleared is not copied or stored: judge it again")


def preflight(plan: Plan, occupied: tuple[str, ...]) -> None:
    """Refuse before anything is built what the plan alone shows; raises `GateError`."""
    prospect = Prospect(plan=plan, occupied=occupied)
    concerned = [gate for gate in PLAN_GATES if gate.applies_to(plan.version)]
    _refuse(plan, tuple(found for gate in concerned for found in gate.findings(prospect)))


def judge(candidate: Candidate, gates: tuple[PlanGate | Gate, ...] = GATES) -> Cleared:
    """Clear a candidate, or raise `GateError` with every finding of every gate that concerns it."""
    plan = candidate.plan
    concerned = tuple(gate for gate in gates if _concerns(gate, candidate))
    if not concerned:
        raise GateError(
            f"no gate concerns {plan.version}, so nothing can be cleared",
            remedy="judge with the gates of workflow_release.judging.gates",
        )
    _refuse(plan, tuple(found for gate in concerned for found in gate.findings(candidate)))
    undecided = tuple(found for gate in concerned for found in _undecided(gate, candidate))
    left = {finding.gate for finding in undecided}
    return Cleared(
        plan=plan,
        attested=candidate.attested,
        gates=tuple(gate.name for gate in concerned if gate.name not in left),
        undecided=undecided,
        token=_TOKEN,
    )


def _concerns(gate: PlanGate | Gate, candidate: Candidate) -> bool:
    if not gate.applies_to(candidate.plan.version):
        return False
    return isinstance(gate, PlanGate) or gate.asked(candidate)


def _undecided(gate: PlanGate | Gate, candidate: Candidate) -> tuple[Finding, ...]:
    return () if isinstance(gate, PlanGate) else gate.undecided(candidate)


def _refuse(plan: Plan, findings: tuple[Finding, ...]) -> None:
    if not findings:
        return
    count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    lines = (f"{plan.name} {plan.version} is refused, {count}:", *map(_line, findings))
    raise GateError("\n".join(lines), remedy=_REMEDY, findings=findings)


def _line(finding: Finding) -> str:
    about = f"{finding.gate}: {finding.subject}: {finding.message}"
    return f"  {about} (remedy: {finding.remedy})"
