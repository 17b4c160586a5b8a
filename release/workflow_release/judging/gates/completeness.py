"""Whether everything planned is there, and everything there was planned, examined and described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from workflow_release import names
from workflow_release.judging.gates.interface import Candidate, Fault
from workflow_release.model import Artifact, File
from workflow_sbom import canonical
from workflow_sbom.errors import DocumentError

_AGAIN = "run the command again; a part of the release is missing or was replaced"


def complete(candidate: Candidate) -> Iterator[Fault]:
    """One artifact a recipe, one recipe an artifact, evidence about its very bytes, good names."""
    made = Counter(artifact.recipe for artifact in candidate.attested.artifacts)
    for recipe in candidate.plan.recipes:
        if made[recipe.id] != 1:
            yield Fault(recipe.id, f"planned once, made {made[recipe.id]} times", _AGAIN)
    if not candidate.plan.recipes:
        yield Fault(candidate.plan.name, "nothing was planned", "declare an artifact")
    for artifact in candidate.attested.artifacts:
        yield from _artifact(candidate, artifact)
    yield from _file_names(candidate)


def _artifact(candidate: Candidate, artifact: Artifact) -> Iterator[Fault]:
    if candidate.recipe_of(artifact) is None:
        yield Fault(artifact.name, f"made by {artifact.recipe}, which nobody planned", _AGAIN)
    found = [each for each in candidate.evidence if each.artifact == artifact.name]
    if len(found) != 1:
        yield Fault(artifact.name, f"examined {len(found)} times instead of once", _AGAIN)
    elif found[0].digest != artifact.digest:
        yield Fault(artifact.name, f"other bytes were examined: {found[0].digest}", _AGAIN)
    elif found[0].index != artifact.index:
        yield Fault(artifact.name, f"its index is {found[0].index}, not {artifact.index}", _AGAIN)
    if fault := names.faults_in_artifact(artifact.name):
        yield Fault(artifact.name, fault, "rename it in release.toml")


def _file_names(candidate: Candidate) -> Iterator[Fault]:
    attested = candidate.attested
    made = [artifact.name for artifact in attested.artifacts]
    made += [file.name for file in attested.files]
    for name in names.twice((*made, names.RECORD, names.SEAL)):
        yield Fault(name, "two files of the release have this name", "rename one in release.toml")


def described(candidate: Candidate) -> Iterator[Fault]:
    """Every artifact has its own SBOM, which is about the artifact's very bytes."""
    attested = candidate.attested
    for artifact, sbom in zip(attested.artifacts, attested.sboms, strict=True):
        if sbom.name != names.sbom_of(artifact.name):
            yield Fault(artifact.name, f"its SBOM is called {sbom.name}", _AGAIN)
        if fault := _wrong_subject(sbom, artifact):
            yield Fault(sbom.name, fault, _AGAIN)


def _wrong_subject(sbom: File, artifact: Artifact) -> str | None:
    """Why a CycloneDX document is not about the artifact's bytes; None when it is."""
    try:
        component = canonical.decode(sbom.content or b"")["metadata"]["component"]
        hashes = {each["alg"]: each["content"] for each in component["hashes"]}
    except (DocumentError, KeyError, TypeError) as error:
        return f"no SBOM with a hashed subject: {type(error).__name__} {error}"
    if hashes.get("SHA-256") != artifact.digest.hex:
        return f"it describes other bytes than {artifact.name}: {hashes.get('SHA-256')}"
    return None
