"""Whether an artifact says of itself what the plan says of it, and asks for nothing unreachable."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from typing import assert_never

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version as PythonVersion

from workflow_release.judging.evidence import Claim, ClaimKind, Evidence
from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_release.model import Artifact, GoBinary, Image, Plan, Recipe, Sdist, UiBundle, Wheel
from workflow_release.planning.plan import expected_name

_VERSION = "take the version from the build; the committed version fields hold 0.0.0"
_BUILD = "build it again from the commit"
_PUBLISHED = "depend on a version that an index has; addresses, paths and editables stay at home"


def wellformed(candidate: Candidate) -> Iterator[Fault]:
    """The artifact is a readable file of its kind, and its own lists of contents are true."""
    for artifact, _, evidence in candidate.examined:
        for fault in evidence.faults:
            yield Fault(artifact.name, fault, _BUILD)


def metadata(candidate: Candidate) -> Iterator[Fault]:
    """The artifact's file name, and the name, version, commit and platforms it states itself."""
    for artifact, recipe, evidence in candidate.examined:
        yield from _file_name(artifact, recipe, candidate.plan)
        yield from _platforms(artifact, recipe, evidence)
        for missing in sorted(_stated(recipe) - {claim.kind for claim in evidence.claims}):
            yield Fault(artifact.name, f"states no {missing} anywhere", _BUILD)
        for claim in evidence.claims:
            yield from _claim(claim, artifact, recipe, candidate.plan)


def _stated(recipe: Recipe) -> frozenset[ClaimKind]:
    """What an artifact of the kind has to say; a Go program says its version only when run."""
    match recipe:
        case Sdist() | Wheel():
            return frozenset({"name", "version"})
        case UiBundle():
            return frozenset({"version"})
        case Image():
            return frozenset({"version", "revision"})
        case GoBinary():
            return frozenset()
        case _:
            assert_never(recipe)


def _file_name(artifact: Artifact, recipe: Recipe, plan: Plan) -> Iterator[Fault]:
    pattern = expected_name(recipe, plan.version)
    if not fnmatchcase(artifact.name, pattern):
        yield Fault(artifact.name, f"the file is to be called {pattern}", _VERSION)
    elif isinstance(recipe, Wheel):
        try:
            parse_wheel_filename(artifact.name)
        except ValueError as error:
            yield Fault(artifact.name, f"no wheel's name: {error}", _BUILD)


def _platforms(artifact: Artifact, recipe: Recipe, evidence: Evidence) -> Iterator[Fault]:
    match recipe:
        case Image():
            planned = recipe.platforms
        case GoBinary():
            planned = (recipe.platform,)
        case Sdist() | Wheel() | UiBundle():
            return
        case _:
            assert_never(recipe)
    if sorted(evidence.platforms) != sorted(planned):
        found = ", ".join(map(str, evidence.platforms)) or "none"
        wanted = ", ".join(map(str, planned))
        yield Fault(artifact.name, f"is for {found}; planned for {wanted}", _BUILD)


def _claim(claim: Claim, artifact: Artifact, recipe: Recipe, plan: Plan) -> Iterator[Fault]:
    accepted = _accepted(claim, recipe, plan)
    value = canonicalize_name(claim.value) if claim.kind == "name" else claim.value
    if value not in accepted:
        yield Fault(
            artifact.name,
            f"{claim.where} says the {claim.kind} is {claim.value!r}, not {accepted[0]!r}",
            _VERSION if claim.kind == "version" else _BUILD,
        )


def _accepted(claim: Claim, recipe: Recipe, plan: Plan) -> tuple[str, ...]:
    match claim.kind:
        case "name":
            return (canonicalize_name(_name(recipe)),)
        case "revision":
            return (plan.source.commit,)
        case "version":
            return _spellings(recipe, plan)
        case _:
            assert_never(claim.kind)


def _name(recipe: Recipe) -> str:
    return recipe.distribution if isinstance(recipe, Sdist | Wheel) else recipe.name


def _spellings(recipe: Recipe, plan: Plan) -> tuple[str, ...]:
    """How an artifact of the kind may write the version; a label holds the OCI tag at most."""
    match recipe:
        case Sdist() | Wheel():
            return (plan.version.render("pep440"),)
        case Image():
            return (plan.version.render("semver"), plan.version.render("oci"))
        case UiBundle() | GoBinary():
            return (plan.version.render("semver"),)
        case _:
            assert_never(recipe)


def requirements(candidate: Candidate) -> Iterator[Fault]:
    """Nobody needs our folders to install it: no address, path or local version is asked for."""
    siblings = {
        canonicalize_name(recipe.distribution)
        for recipe in candidate.plan.recipes
        if isinstance(recipe, Sdist | Wheel)
    }
    for artifact, recipe, evidence in candidate.examined:
        for module in evidence.replaced:
            yield Fault(artifact.name, f"{module} is replaced by a folder", _PUBLISHED)
        if isinstance(recipe, Sdist | Wheel):
            for text in evidence.requirements:
                if fault := _requirement(text, siblings, candidate.plan):
                    yield Fault(artifact.name, f"Requires-Dist: {text}: {fault}", _PUBLISHED)


def _requirement(text: str, siblings: AbstractSet[str], plan: Plan) -> str | None:
    """Why a requirement can't be met by an index, or None."""
    try:
        asked = Requirement(text)
    except InvalidRequirement:
        return "no requirement of PEP 508"
    own = plan.version.render("pep440")
    if asked.url is not None:
        return "it is taken from an address, not from an index"
    if any("+" in each.version and each.version != own for each in asked.specifier):
        return "it asks for a local version, which no index has"
    if canonicalize_name(asked.name) in siblings and not asked.specifier.contains(
        PythonVersion(own), prereleases=True
    ):
        return f"it is a part of this release and does not accept {own}"
    return None
