"""Whether what was run says the version it is released under."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion

from workflow_release.judging.evidence import Evidence, NotRun, Report
from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_release.model import Artifact, GoBinary, Image, Recipe, Wheel
from workflow_release.version import Version

_MEND = "make the program print the version of its installed metadata, not one of its own"
_HERE = "make the release on a machine that can run it"
_LEAST = re.compile(r"v?\d+\.\d+")
_AROUND = "()[]{}<>,;:\"'`."


def reported(candidate: Candidate) -> Iterator[Fault]:
    """The version it reports when run is the plan's, wherever this machine can run it.

    A wheel is always run, an image on at least one of its platforms. A Go program for another
    platform is not, for each of its platforms is an artifact of its own.
    """
    for artifact, recipe, evidence in candidate.examined:
        yield from _unproven(artifact, recipe, evidence)
        for report in evidence.reported:
            if isinstance(report, Report):
                yield from _report(report, artifact, candidate.plan.version)


def _unproven(artifact: Artifact, recipe: Recipe, evidence: Evidence) -> Iterator[Fault]:
    ran = any(isinstance(each, Report) for each in evidence.reported)
    skipped = [each for each in evidence.reported if isinstance(each, NotRun)]
    expected = isinstance(recipe, Wheel | Image) or (isinstance(recipe, GoBinary) and recipe.check)
    if not expected or ran or (skipped and isinstance(recipe, GoBinary)):
        return
    reasons = "; ".join(f"{each.subject}: {each.reason}" for each in skipped) or "it was not tried"
    yield Fault(artifact.name, f"it could not be run to learn its version: {reasons}", _HERE)


def _report(report: Report, artifact: Artifact, version: Version) -> Iterator[Fault]:
    command = " ".join(report.command)
    if report.code != 0:
        said = report.printed.strip().splitlines()
        last = f": {said[-1]}" if said else ""
        message = f"`{command}` ended with exit code {report.code}{last}"
        yield Fault(artifact.name, message, "run it yourself in a fresh environment to see why")
        return
    found = last_version(report.printed)
    if found not in {version.render("semver"), version.render("pep440")}:
        message = f"`{command}` reports {found or 'no version'} instead of {version}"
        yield Fault(artifact.name, message, _MEND)


def last_version(printed: str) -> str | None:
    """The last word of a text that is a version with at least two numbers, without a `v`."""
    for word in reversed(printed.split()):
        bare = word.strip(_AROUND)
        if _LEAST.match(bare) and _is_version(bare):
            return bare.removeprefix("v")
    return None


def _is_version(word: str) -> bool:
    try:
        PythonVersion(word)
    except InvalidVersion:
        return False
    return True
