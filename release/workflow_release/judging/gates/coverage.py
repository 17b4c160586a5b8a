"""Whether everything in an artifact is there for a reason that was checked."""

from __future__ import annotations

from collections.abc import Iterator

from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_release.model import GoBinary

_SHOWN = 20
_BUILD = "leave it out of the build, commit it, or find out who changed it"


def coverage(candidate: Candidate) -> Iterator[Fault]:
    """Each entry of each archive is its owner's, byte for byte, or was made again by a rule.

    A Go program is one file, the linker's; what is in it says its build information.
    """
    for artifact, recipe, evidence in candidate.examined:
        if isinstance(recipe, GoBinary):
            continue
        if evidence.unexplained is None:
            yield Fault(artifact.name, "nobody went through what is in it", _BUILD)
            continue
        for text in evidence.unexplained[:_SHOWN]:
            yield Fault(artifact.name, text, _BUILD)
        if (more := len(evidence.unexplained) - _SHOWN) > 0:
            yield Fault(artifact.name, f"and {more} more entries that nothing explains", _BUILD)
