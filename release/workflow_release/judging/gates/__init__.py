"""The gates of a release. A stable release passes all of them, a pre-release those for `every`.

    gate                concerns  why pre-releases pass it, too, or need not
    clean-tree          every     what is built is the commit; a changed tree would be a surprise
    strict-tag          every     a tag that looks like a version and is none was meant to be one
    tag-on-main         every     a candidate is counted on the same line as the release
    unreleased          every     one version is one commit
    unoccupied          every     what is there is never overwritten
    publishable         every     build metadata leaves this machine under no version
    complete            every     nothing is missing, unplanned or unexamined
    described           every     an SBOM of other bytes is worse than none
    wellformed          every     nobody can use what can't be read
    metadata            every     a wrong version in the wild can't be taken back
    requirements        every     nobody else has our folders
    reported            every     people quote what the program says
    members             every     unpacking must harm nobody
    stray-files         every     a secret that is out is out
    coverage            every     what nothing explains, nobody meant to release
    policy              every     what it refuses is refused; what it can't tell stops a stable one
    locked              stable    a development build may try what is not locked yet
    licence-text        stable    until then the owner may still be deciding
    licence-expression  stable    as before

`policy` is asked where the repository has one; where it can't tell, a pre-release passes without
it. A tree that is clean but stands beside the main branch has a version with build metadata, which
`publishable` lets into folders alone. The first six look at the plan alone and are asked before
anything is built, too.
"""

from __future__ import annotations

from workflow_release.judging.gates import (
    completeness,
    coverage,
    licence,
    locked,
    members,
    metadata,
    policy,
    reported,
    tree,
    version,
)
from workflow_release.judging.gates.interface import Gate, PlanGate

PLAN_GATES: tuple[PlanGate, ...] = (
    PlanGate(name="clean-tree", concerns="every", check=tree.clean),
    PlanGate(name="strict-tag", concerns="every", check=tree.strict_tag),
    PlanGate(name="tag-on-main", concerns="every", check=tree.tag_on_main),
    PlanGate(name="unreleased", concerns="every", check=version.unreleased),
    PlanGate(name="unoccupied", concerns="every", check=version.unoccupied),
    PlanGate(name="publishable", concerns="every", check=version.publishable),
)

GATES: tuple[PlanGate | Gate, ...] = (
    *PLAN_GATES,
    Gate(name="complete", concerns="every", check=completeness.complete),
    Gate(name="described", concerns="every", check=completeness.described),
    Gate(name="wellformed", concerns="every", check=metadata.wellformed),
    Gate(name="metadata", concerns="every", check=metadata.metadata),
    Gate(name="requirements", concerns="every", check=metadata.requirements),
    Gate(name="reported", concerns="every", check=reported.reported),
    Gate(name="members", concerns="every", check=members.members),
    Gate(name="stray-files", concerns="every", check=members.stray),
    Gate(name="coverage", concerns="every", check=coverage.coverage),
    Gate(
        name="policy",
        concerns="every",
        check=policy.policy,
        asked=policy.asked,
        open=policy.undecided,
    ),
    Gate(name="locked", concerns="stable", check=locked.locked),
    Gate(name="licence-text", concerns="stable", check=licence.licence_text),
    Gate(name="licence-expression", concerns="stable", check=licence.licence_expression),
)
