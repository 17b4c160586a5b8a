"""The program that writes the documents, as each of them names it."""

from __future__ import annotations

from workflow_sbom.model.component import Component
from workflow_sbom.model.licence import SpdxLicence
from workflow_sbom.model.parts import ExternalReference, Organisation

NAME = "workflow-sbom"
HOME = "https://github.com/GoCodeAlone/workflow"
MAKER = Organisation("The workflow release authors", urls=(HOME,))


def tool(version: str) -> Component:
    """What is true of every copy of it; which file a running copy came from is not known to it."""
    return Component(
        ref=f"tool:{NAME}@{version}",
        kind="application",
        name=NAME,
        version=version,
        supplier=MAKER,
        manufacturer=MAKER,
        licences=(SpdxLicence("MIT"),),
        references=(ExternalReference("vcs", HOME),),
    )
