"""Whether this version is still free, and free to leave the machine."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_release.judging.gates.interface import Fault, Prospect

_LOCAL_TARGETS = frozenset({"directory"})


def unreleased(prospect: Prospect) -> Iterator[Fault]:
    """No tag gives this version to another commit, and it comes after the release before it.

    Releases that are no ancestors are not compared: building an old commit again is no step back.
    """
    plan = prospect.plan
    if plan.version in plan.released and plan.source.tag is None:
        yield Fault(
            str(plan.version),
            "a tag on another commit names this version already",
            "commit something, or check out the tagged commit",
        )
    if plan.previous is not None and plan.version <= plan.previous:
        yield Fault(
            str(plan.version),
            f"it does not come after {plan.previous}, which an earlier commit released",
            "delete the tag and tag the commit with a higher version",
        )


def unoccupied(prospect: Prospect) -> Iterator[Fault]:
    """No target holds anything else under this version."""
    for place in prospect.occupied:
        yield Fault(
            str(prospect.plan.version),
            place,
            "a release is never overwritten; release the next version",
        )


def publishable(prospect: Prospect) -> Iterator[Fault]:
    """A version with build metadata goes to a folder of this machine at most."""
    if prospect.plan.version.publishable:
        return
    for target in prospect.plan.targets:
        if target.kind not in _LOCAL_TARGETS:
            yield Fault(
                str(prospect.plan.version),
                f"it may not be published to the target {target.kind}: it has build metadata",
                "release from a clean commit of the main branch",
            )
