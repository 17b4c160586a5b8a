"""Artifacts to what is said and signed about them: sums, provenance, record and their bundles.

Nothing here reads a file: every digest is the one that was measured when the file was written.
"""

from __future__ import annotations

from collections.abc import Iterable

from workflow_containers.debian import lock
from workflow_release import names
from workflow_release.attesting import bundle, provenance, record, statement, sums
from workflow_release.attesting.provenance import Builder, Compressor, LocalBuilder
from workflow_release.attesting.record import Release
from workflow_release.attesting.statement import Subject
from workflow_release.errors import PlanError
from workflow_release.model import Artifact, Attested, File, Plan
from workflow_release.signing.interface import Signer
from workflow_sbom.printable import printable


def attest(
    plan: Plan,
    artifacts: tuple[Artifact, ...],
    sboms: tuple[File, ...],
    release_sbom: File,
    signer: Signer,
    *,
    builder: Builder | None = None,
) -> Attested:
    """Sum up and sign what was made; `sboms[i]` describes `artifacts[i]`.

    Without `builder`, a plain local one. Raises `PlanError` for names that can't stand in a
    release folder, all of them at once, and `SigningError`.
    """
    _require_names(plan, artifacts, sboms, release_sbom)
    described: tuple[Artifact | File, ...] = (*artifacts, *sboms, release_sbom)
    listed = sums.render(sums.Sum(each.name, each.digest) for each in described)
    summed = File.of(names.SUMS, "text/plain", listed)
    stated = provenance.provenance(
        plan,
        [
            *(Subject(each.name, each.digest) for each in (*described, summed)),
            *provenance.images(plan, artifacts),
        ],
        [lock for artifact in artifacts for lock in artifact.locks],
        builder or LocalBuilder(),
        _compressor() if plan.has_images else None,
    )
    signed = signer.sign_statement(statement.encode(stated))
    return Attested(
        artifacts=artifacts,
        sboms=sboms,
        release_sbom=release_sbom,
        sums=summed,
        provenance=File.of(names.PROVENANCE, bundle.MEDIA_TYPE, signed),
    )


def _compressor() -> Compressor:
    """That of this process: a build with another one than the locks name is refused."""
    now = lock.compressor()
    return Compressor(name=now.name, version=now.version, level=now.level)


def seal(release: Release, signer: Signer) -> tuple[File, File]:
    """`release.json` and the bundle over it; the last two files. Raises `SigningError`."""
    written = File.of(names.RECORD, record.MEDIA_TYPE, record.render(release))
    stated = statement.of_release(
        Subject(written.name, written.digest), release.plan.name, str(release.plan.version)
    )
    signed = signer.sign_statement(statement.encode(stated))
    return written, File.of(names.SEAL, bundle.MEDIA_TYPE, signed)


def _require_names(
    plan: Plan, artifacts: tuple[Artifact, ...], sboms: tuple[File, ...], release_sbom: File
) -> None:
    everything = [*(each.name for each in artifacts), *(each.name for each in sboms)]
    everything.append(release_sbom.name)
    faults = [
        *_faults(names.faults_in_artifact(artifact.name) for artifact in artifacts),
        *_faults(
            names.fault_in(name) or _unexpected(name, wanted)
            for name, wanted in _sbom_names(plan, artifacts, sboms, release_sbom)
        ),
        *(f"two files are called '{printable(name)}'" for name in names.twice(everything)),
    ]
    if len(artifacts) != len(sboms) or not artifacts:
        faults.append(f"{len(artifacts)} artifacts and {len(sboms)} SBOMs")
    if faults:
        raise PlanError(
            "\n".join(faults), remedy="rename the artifacts in release.toml; nothing was signed"
        )


def _faults(found: Iterable[str | None]) -> list[str]:
    return [fault for fault in found if fault]


def _unexpected(name: str, wanted: str) -> str | None:
    return None if name == wanted else f"an SBOM is called '{name}' and should be '{wanted}'"


def _sbom_names(
    plan: Plan, artifacts: tuple[Artifact, ...], sboms: tuple[File, ...], release_sbom: File
) -> list[tuple[str, str]]:
    pairs = zip(artifacts, sboms, strict=False)
    return [
        *((sbom.name, names.sbom_of(artifact.name)) for artifact, sbom in pairs),
        (release_sbom.name, names.release_sbom_of(plan.name, plan.version)),
    ]
