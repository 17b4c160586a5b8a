"""Which component of one artifact's document is another artifact of the same release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workflow_sbom.model.component import Component
from workflow_sbom.model.document import Sbom
from workflow_sbom.purl import wheel_package


def ties(sboms: Sequence[Sbom]) -> tuple[Mapping[str, str], ...]:
    """For each document, the references in it that mean an artifact, and which.

    By digest; where a document knows none, by the package that one wheel here is of.
    """
    files = {digest: sbom.subject.ref for sbom in sboms if (digest := sbom.subject.hash("SHA-256"))}
    packages = _packages(sbom.subject for sbom in sboms)
    return tuple(dict(_of(sbom, files, packages)) for sbom in sboms)


def _packages(artifacts: Iterable[Component]) -> Mapping[str, str]:
    """The one wheel of each package; a package with several wheels can't be told by its name."""
    wheels: dict[str, list[str]] = defaultdict(list)
    for artifact in artifacts:
        if artifact.purl and (package := wheel_package(artifact.purl)):
            wheels[package].append(artifact.ref)
    return {package: refs[0] for package, refs in wheels.items() if len(refs) == 1}


def _of(
    sbom: Sbom, files: Mapping[str, str], packages: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for top in sbom.components:
        for component in top.walk():
            target = _target(component, files, packages)
            if target and target != sbom.subject.ref:
                yield component.ref, target


def _target(
    component: Component, files: Mapping[str, str], packages: Mapping[str, str]
) -> str | None:
    digests = _digests(component)
    if len(digests) == 1:
        return files.get(*digests)
    return None if digests else packages.get(component.purl or "")


def _digests(component: Component) -> frozenset[str]:
    """The SHA-256 of the component's file, or of each distribution it may be."""
    if own := component.hash("SHA-256"):
        return frozenset({own})
    return frozenset(
        each.hex
        for reference in component.references
        if reference.kind == "distribution"
        for each in reference.hashes
        if each.algorithm == "SHA-256"
    )
